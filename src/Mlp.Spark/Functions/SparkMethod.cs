using System.Reflection;
using Mlp.Features.Definitions;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Functions;

/// <summary>
/// A public static method over Arrow that the worker calls: from a <c>RecordBatch</c> to a <c>RecordBatch</c> for tables and groups, from arrays to an array for columns. Its assembly travels with what lies
/// beside it. Immutable and thread-safe.
/// </summary>
public sealed class SparkMethod
{
    private SparkMethod(string assemblyPath, string type, string name, string? executorPath, MethodForm? form = null)
    {
        Form = form;
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

    /// <summary>What it takes and gives; null where only its name is known.</summary>
    internal MethodForm? Form { get; }

    /// <summary>A method of an assembly that this process has loaded.</summary>
    /// <param name="method">The method, for example <c>TripMath.Add</c>.</param>
    /// <exception cref="ArgumentException">It is no public static method of a public type, is generic, is one of several of its name, has none of the forms above, or its assembly has no file.</exception>
    public static SparkMethod Of(Delegate method)
    {
        ArgumentNullException.ThrowIfNull(method);
        var found = method.Method;
        if (FindFault(method) is { } fault)
        {
            throw new ArgumentException($"Expected a public static method of a public type, which the worker can find by its name, but found '{found.DeclaringType?.FullName}.{found.Name}', {fault}.", nameof(method));
        }

        var form = new MethodForm(found);
        if (!form.IsOfColumns && !form.IsOfTables)
        {
            throw new ArgumentException(form.Misfit($"{MethodForm.ColumnForms}, or {MethodForm.TableForms}"), nameof(method));
        }

        return found.DeclaringType!.Assembly is { Location: { Length: > 0 } path }
            ? new SparkMethod(path, found.DeclaringType.FullName!, found.Name, null, form)
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

    /// <summary>Refuses a method whose form is known to be another.</summary>
    /// <exception cref="ArgumentException">It is no function of tables.</exception>
    internal void RequireTables()
    {
        if (Form is { IsOfTables: false })
        {
            throw new ArgumentException(Form.Misfit(MethodForm.TableForms));
        }
    }

    /// <summary>Refuses a method whose form, or whose result, is known to be another.</summary>
    /// <param name="type">What the query declares, as Spark's SQL writes it.</param>
    /// <param name="count">Number of arguments; null where it is not known.</param>
    /// <exception cref="ArgumentException">It is no function of columns, takes another number of arguments, or gives another type, or Spark has no such type.</exception>
    internal void RequireColumns(string type, int? count)
    {
        if (!SparkTypeText.BeginsLikeType(type))
        {
            throw new ArgumentException($"Expected a type as Spark's SQL writes it for what method '{Type}.{Name}' gives, for example double or array<float>, but found '{type}'.");
        }

        if (Form is null)
        {
            return;
        }

        if (!Form.IsOfColumns)
        {
            throw new ArgumentException(Form.Misfit(MethodForm.ColumnForms));
        }

        if (count is { } given && !Form.TakesColumnsAsBatch && given != Form.Parameters.Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {Form.Parameters.Count} argument{(Form.Parameters.Count == 1 ? string.Empty : "s")} for {Form.Name}, but found {given}."));
        }

        if (Form.SparkResult is { } result && new SparkTypeParser(type).TryParse(out var declared) && SparkTypeText.Of(declared) is var wanted && wanted != result)
        {
            throw new ArgumentException($"Expected {Form.Name} to give {wanted}, as the query declares, but it gives {result}.");
        }
    }

    /// <summary>Why the worker cannot find the method by its name; null where it can.</summary>
    private static string? FindFault(Delegate method)
    {
        var (found, type) = (method.Method, method.Method.DeclaringType);
        if (found.Name.Contains('<', StringComparison.Ordinal) || type is null)
        {
            return "a lambda or a local function";
        }

        if (!found.IsStatic || method.Target is not null)
        {
            return "a method of an object";
        }

        if (!found.IsPublic || !type.IsVisible)
        {
            return "which is not public";
        }

        if (found.IsGenericMethod || type.IsGenericType)
        {
            return "which has type parameters";
        }

        var count = type.GetMethods(BindingFlags.Public | BindingFlags.Static).Count(m => m.Name == found.Name);
        return count == 1 ? null : FormattableString.Invariant($"one of {count} of that name");
    }
}
