using System.Reflection;
using System.Runtime.Loader;
using Mlp.Runtime;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>
/// An assembly that the code of a user needs and that is nowhere. It is looked for when the code first needs it, which may be never, so that it is refused only then.
/// </summary>
internal static class MissingAssembly
{
    /// <summary>The error in words of what the user can do, where an error comes of a missing assembly.</summary>
    /// <param name="error">The error.</param>
    /// <param name="method">The method whose code needed it.</param>
    /// <returns>The error for the user; null where another thing went wrong.</returns>
    public static TaskException? Find(Exception error, MethodInfo method) => Find(error, method.Module.Assembly, $"the method '{method.DeclaringType!.FullName}.{method.Name}'");

    /// <summary>The error in words of what the user can do, where an error comes of a missing assembly.</summary>
    /// <param name="error">The error.</param>
    /// <param name="assembly">The assembly of the user.</param>
    /// <param name="what">What needed it, for messages.</param>
    /// <returns>The error for the user; null where another thing went wrong.</returns>
    public static TaskException? Find(Exception error, Assembly assembly, string what)
    {
        if (AssemblyLoadContext.GetLoadContext(assembly) is not FunctionLoadContext { Path: var path } || NameOf(error) is not { } name)
        {
            return null;
        }

        var (folder, file, dependencies) = (Path.GetDirectoryName(path), Path.GetFileName(path), Path.ChangeExtension(Path.GetFileName(path), ".deps.json"));
        var found = !File.Exists(Path.Combine(folder!, name.Name + ".dll"))
            ? "none"
            : $"one that {(File.Exists(Path.Combine(folder!, dependencies)) ? $"'{dependencies}' does not list" : $"was not there when '{file}' was loaded")}";
        return new TaskException(
            $"Expected the assembly '{name.Name}' {name.Version}, which {what} needs, in '{folder}' beside '{file}', but found {found}. What lies beside an assembly and is referred to is shipped with it.", error);
    }

    /// <summary>The name of the assembly, behind what the framework and Features put around the error.</summary>
    private static AssemblyName? NameOf(Exception error)
    {
        var cause = error;
        while (cause is TypeInitializationException or TargetInvocationException or AggregateException or MlPlatformException && cause.InnerException is { } inner)
        {
            cause = inner;
        }

        // Of a file it would be a path.
        return cause is FileNotFoundException { FileName: { } name } && name.Contains(", Version=", StringComparison.Ordinal) ? new AssemblyName(name) : null;
    }
}
