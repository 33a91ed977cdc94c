using Mlp.Features.Definitions;

namespace Mlp.Spark.Functions;

/// <summary>
/// A public static method over Arrow that the worker calls: from a <c>RecordBatch</c> to a <c>RecordBatch</c> for tables and groups, from arrays to an array for columns. Its assembly travels with what lies
/// beside it. Immutable and thread-safe.
/// </summary>
public sealed class SparkMethod
{
    private SparkMethod(string assemblyPath, string type, string name, string? executorPath)
    {
        AssemblyPath = assemblyPath;
        Type = type;
        Name = name;
        ExecutorPath = executorPath;
    }

    /// <summary>Path of the assembly on this machine.</summary>
    public string AssemblyPath { get; }

    /// <summary>Full name of the type.</summary>
    public string Type { get; }

    /// <summary>Name of the method.</summary>
    public string Name { get; }

    /// <summary>Where every executor sees the assembly; null where it is sent.</summary>
    internal string? ExecutorPath { get; }

    /// <summary>A method of an assembly that this process has loaded.</summary>
    /// <param name="method">The method, for example <c>TripMath.Add</c>.</param>
    /// <exception cref="ArgumentException">It is no public static method of a public type, or its assembly has no file.</exception>
    public static SparkMethod Of(Delegate method)
    {
        ArgumentNullException.ThrowIfNull(method);
        var found = method.Method;
        if (!found.IsStatic || !found.IsPublic || found.DeclaringType is not { IsVisible: true, FullName: { } type, IsGenericType: false })
        {
            throw new ArgumentException($"Expected a public static method of a public type, which the worker can find by its name, but found '{found.DeclaringType?.FullName}.{found.Name}'.", nameof(method));
        }

        return found.DeclaringType.Assembly is { Location: { Length: > 0 } path }
            ? new SparkMethod(path, type, found.Name, null)
            : throw new ArgumentException($"Expected an assembly that was loaded from a file, but found '{found.DeclaringType.Assembly.GetName().Name}', which was not.", nameof(method));
    }

    /// <summary>The method of an on-demand view, which need not be public: the application has named it itself.</summary>
    /// <param name="view">The view.</param>
    /// <exception cref="ArgumentException">It is a lambda, or its assembly has no file.</exception>
    internal static SparkMethod OfView(OnDemandFeatureViewDefinition view)
    {
        var (method, target) = (view.Method.Method, view.Method.Target);
        if (!method.IsStatic || target is not null || method.IsGenericMethod || method.DeclaringType is not { FullName: { } type, IsGenericType: false })
        {
            throw new ArgumentException($"Expected a static method without type parameters to compute the {view}, which the worker can find by its name, but found '{method.DeclaringType?.Name}.{method.Name}', a lambda or a method of an object.");
        }

        return method.DeclaringType.Assembly is { Location: { Length: > 0 } path }
            ? new SparkMethod(path, type, method.Name, null)
            : throw new ArgumentException($"Expected the {view} in an assembly that was loaded from a file, but found '{method.DeclaringType.Assembly.GetName().Name}', which was not.");
    }

    /// <summary>A method of an assembly by name.</summary>
    /// <param name="assemblyPath">Path of the assembly on this machine.</param>
    /// <param name="type">Full name of the type.</param>
    /// <param name="name">Name of the method, of which the type has one.</param>
    /// <param name="executorPath">Absolute path under which every executor sees the same assembly; null sends it along with the session.</param>
    /// <exception cref="ArgumentException">A name is empty, or the path of the executors is none that they can open.</exception>
    public static SparkMethod FromAssembly(string assemblyPath, string type, string name, string? executorPath = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(assemblyPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(type);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (executorPath is not null)
        {
            Scoring.ExecutorPath.Require(executorPath, "assembly", nameof(executorPath));
        }

        return new SparkMethod(Path.GetFullPath(assemblyPath), type, name, executorPath);
    }
}
