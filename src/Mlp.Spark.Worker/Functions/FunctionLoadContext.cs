using System.Reflection;
using System.Runtime.Loader;

namespace Mlp.Spark.Worker.Functions;

/// <summary>
/// Where an assembly of a user finds what it refers to: what it exchanges with the worker is the worker's, everything else is beside it, as its <c>.deps.json</c> says.
/// </summary>
internal sealed class FunctionLoadContext : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver _resolver;

    /// <summary>Makes a context.</summary>
    /// <param name="path">Path of the assembly.</param>
    public FunctionLoadContext(string path)
        : base(path, isCollectible: false)
    {
        Path = path;
        _resolver = new AssemblyDependencyResolver(path);
    }

    /// <summary>Path of the assembly.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (SharedAssemblies.IsShared(assemblyName))
        {
            return SharedAssemblies.Require(assemblyName, Path);
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : 0;
}
