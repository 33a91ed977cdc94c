using System.Collections.Concurrent;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>The assemblies of users, each loaded once, in a context of its own: two of them may bring different versions of what they refer to. Thread-safe.</summary>
internal sealed class FunctionAssemblies
{
    private readonly ConcurrentDictionary<string, Lazy<FunctionAssembly>> _bySha256 = new(StringComparer.Ordinal);

    /// <summary>The assembly of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="files">Finds files.</param>
    /// <exception cref="TaskException">It is missing, another, no assembly, or one that refers to another version of what the worker brings.</exception>
    public FunctionAssembly Load(FileReference file, TaskFiles files)
    {
        var loading = _bySha256.GetOrAdd(file.Sha256, _ => new Lazy<FunctionAssembly>(() => FunctionAssembly.Load(file, files)));
        try
        {
            return loading.Value;
        }
        catch
        {
            // The next task may find the file.
            _bySha256.TryRemove(new(file.Sha256, loading));
            throw;
        }
    }
}
