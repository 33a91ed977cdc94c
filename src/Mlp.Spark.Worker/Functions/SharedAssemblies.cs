using System.Reflection;
using System.Runtime.Loader;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>The assemblies whose types the worker and the methods of users exchange. There is one of each, the worker's; a method that was compiled against another major version is refused.</summary>
internal static class SharedAssemblies
{
    private static readonly string[] Families = ["Apache.Arrow", "Mlp", "Microsoft.ML.OnnxRuntime"];

    /// <summary>Whether an assembly is one of them.</summary>
    /// <param name="name">The assembly.</param>
    public static bool IsShared(AssemblyName name)
        => Families.Any(f => name.Name == f || name.Name?.StartsWith(f + ".", StringComparison.Ordinal) == true);

    /// <summary>The worker's assembly for a reference.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="path">The assembly that holds it, for messages.</param>
    /// <returns>The assembly; null where it is none of these.</returns>
    /// <exception cref="TaskException">The worker has none, or another major version.</exception>
    public static Assembly? Require(AssemblyName reference, string path)
    {
        if (!IsShared(reference))
        {
            return null;
        }

        var found = Find(reference) ?? throw new TaskException(
            $"Expected '{path}' to refer to what the worker has, but found a reference to '{reference.Name}', which the worker does not have.");
        RequireMajor(found, reference, path);
        return found;
    }

    /// <summary>Refuses a reference to another major version. One that the worker does not have is refused when it is needed: an application that trains may hold methods that do not.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="path">The assembly that holds it, for messages.</param>
    /// <exception cref="TaskException">The worker has another major version.</exception>
    public static void RequireVersion(AssemblyName reference, string path)
    {
        if (IsShared(reference) && Find(reference) is { } found)
        {
            RequireMajor(found, reference, path);
        }
    }

    private static Assembly? Find(AssemblyName reference)
    {
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(reference.Name!));
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            return null;
        }
    }

    private static void RequireMajor(Assembly found, AssemblyName reference, string path)
    {
        var version = found.GetName().Version;
        if (version?.Major != reference.Version?.Major)
        {
            throw new TaskException(
                $"Expected '{path}' to refer to {reference.Name} {version?.Major}.x, which the worker has ({version}), but found a reference to {reference.Version}. Build it against the worker's.");
        }
    }
}
