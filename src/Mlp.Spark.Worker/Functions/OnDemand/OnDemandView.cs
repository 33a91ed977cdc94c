using System.Reflection;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.OnDemand;

/// <summary>
/// An on-demand view of a feature service, out of the very method that serves: it must have the fingerprint of the definition, and compute the golden rows as it did. Immutable and thread-safe.
/// </summary>
internal sealed class OnDemandView
{
    private readonly OnDemandTransform _transform;
    private readonly MethodInfo _method;

    private OnDemandView(OnDemandTransform transform, MethodInfo method)
    {
        _transform = transform;
        _method = method;
    }

    /// <summary>The view, for messages.</summary>
    public string Name => _transform.Definition.ToString();

    /// <summary>Names of the columns that it computes from: those of the request, then stored features.</summary>
    public IReadOnlyList<string> Columns => [.. _transform.Definition.RequestFields.Concat(_transform.Definition.InputFields).Select(f => f.Name)];

    /// <summary>Names of its features, in order.</summary>
    public IReadOnlyList<string> Features => [.. _transform.Definition.Fields.Select(f => f.Name)];

    /// <summary>Finds the method and proves it.</summary>
    /// <param name="reference">The view.</param>
    /// <param name="assemblies">The assemblies of users.</param>
    /// <param name="files">Finds files.</param>
    /// <exception cref="Mlp.Runtime.MlPlatformException">There is no such method, it has another definition, or it computes something else than it did.</exception>
    public static OnDemandView Load(TransformReference reference, FunctionAssemblies assemblies, TaskFiles files)
    {
        var method = assemblies.Load(reference.Method.Assembly, files).Find(reference.Method, takesHidden: true);
        var definition = Guard(method, () => Define(reference, method));
        if (definition.Fingerprint != reference.Fingerprint)
        {
            throw new TaskException(
                $"Expected the {definition} with fingerprint {reference.Fingerprint}, as the command says, but the types of '{reference.Method.Type}.{reference.Method.Name}' have {definition.Fingerprint}.");
        }

        var transform = definition.CreateTransform();
        if (reference.GoldenRows is { } golden)
        {
            files.Read(golden, $"the golden rows of the {definition}");
            Guard(method, () =>
            {
                OnDemandGoldenRows.Check(transform, files.Find(golden, "golden rows"));
                return transform;
            });
        }

        return new OnDemandView(transform, method);
    }

    /// <summary>Computes the features of a batch.</summary>
    /// <param name="batch">A batch with the columns that the view computes from; others do not matter.</param>
    /// <param name="firstRow">Number of rows before it, for messages.</param>
    /// <param name="statuses">Columns with the statuses of stored features, by feature; null, or a feature that is not among them, is present.</param>
    /// <returns>A column per feature, in order; vectors as lists.</returns>
    /// <exception cref="Mlp.Runtime.MlPlatformException">A column is missing or does not fit, or the method failed.</exception>
    public IReadOnlyList<(Field Field, IArrowArray Values)> Compute(RecordBatch batch, long firstRow, IReadOnlyDictionary<string, string>? statuses = null)
    {
        var definition = _transform.Definition;
        var requests = RequestColumns.Find(definition, batch, firstRow);
        var stored = definition.InputFields.Select(f => Stored(batch, f, statuses?.GetValueOrDefault(f.Name), firstRow)).ToArray();
        var computed = Guard(_method, () => _transform.Compute(requests, stored, batch.Length, firstRow));
        return [.. computed.Select((values, i) => Column(definition.Fields[i].Name, values))];
    }

    /// <summary>The method makes the definition as it does where features are declared.</summary>
    private static OnDemandFeatureViewDefinition Define(TransformReference reference, MethodInfo method)
    {
        var types = method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType).ToArray();
        var (function, definition) = types.Length switch
        {
            2 => (typeof(Func<,>), typeof(OnDemandFeatureViewDefinition<,>)),
            3 => (typeof(Func<,,>), typeof(OnDemandFeatureViewDefinition<,,>)),
            _ => throw Misfit(),
        };
        try
        {
            return (OnDemandFeatureViewDefinition)Activator.CreateInstance(
                definition.MakeGenericType(types), BindingFlags.CreateInstance | BindingFlags.DoNotWrapExceptions, null, [method.CreateDelegate(function.MakeGenericType(types)), reference.View, reference.Version, string.Empty], null)!;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or TypeLoadException)
        {
            throw Misfit(e);
        }

        TaskException Misfit(Exception? cause = null) => new(
            $"Expected a method that takes a request, or a request and stored features, and gives features, for the on-demand view '{reference.View}', but found '{reference.Method.Type}.{reference.Method.Name}' with {method.GetParameters().Length} parameters.", cause);
    }

    /// <summary>Runs the code of the user, and says what is missing if an assembly is.</summary>
    private static T Guard<T>(MethodInfo method, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (MissingAssembly.Find(e, method) is { } missing)
        {
            throw missing;
        }
    }

    /// <summary>A stored feature; null where it is absent.</summary>
    private Mlp.Features.OnDemand.InputColumn Stored(RecordBatch batch, FeatureField field, string? status, long firstRow)
    {
        var index = batch.Schema.GetFieldIndex(field.Name);
        if (index < 0)
        {
            throw new TaskException($"Expected a column '{field.Name}' of type {field.TypeName}, from which the {Name} computes, but found {TaskTables.Describe(batch.Schema)}.");
        }

        var values = ArrowColumns.ToFeature(batch.Column(index), field, (expected, found, row) => new TaskException(
            FormattableString.Invariant($"Expected {expected} in column '{field.Name}', from which the {Name} computes, but found {found}{(row < 0 ? string.Empty : $" in row {firstRow + row + 1} of the partition")}.")));
        var statuses = status is null ? Enumerable.Repeat((byte)FeatureStatus.Present, batch.Length) : Statuses(batch, status);
        return new Mlp.Features.OnDemand.InputColumn(values, new UInt8Array.Builder().AppendRange(statuses).Build());
    }

    private IEnumerable<byte> Statuses(RecordBatch batch, string column)
    {
        const string Expected = "a tinyint with a status (0, 1 or 3) in every row";
        var index = batch.Schema.GetFieldIndex(column);
        if (index < 0 || batch.Column(index) is not Int8Array { NullCount: 0 } statuses)
        {
            throw new TaskException($"Expected a column '{column}', {Expected}, from which the {Name} computes, but found {TaskTables.Describe(batch.Schema)}.");
        }

        return Enumerable.Range(0, batch.Length).Select(row => (FeatureStatus)statuses.Values[row] is FeatureStatus.Missing or FeatureStatus.Present or FeatureStatus.Expired
            ? (byte)statuses.Values[row]
            : throw new TaskException($"Expected {Expected} of column '{column}', but found another number."));
    }

    private static (Field Field, IArrowArray Values) Column(string name, IArrowArray values)
    {
        var column = values is FixedSizeListArray vectors ? VectorColumn.ToLists(vectors) : values;
        return (new Field(name, column.Data.DataType, nullable: true), column);
    }
}
