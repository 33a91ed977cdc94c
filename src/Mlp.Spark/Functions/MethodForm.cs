using System.Collections.Frozen;
using System.Reflection;
using Apache.Arrow;

namespace Mlp.Spark.Functions;

/// <summary>What a method takes and gives, and which of the forms that the worker calls that is. Immutable.</summary>
internal sealed class MethodForm
{
    /// <summary>The forms of functions of columns, for messages.</summary>
    public const string ColumnForms = "a method that takes Arrow arrays, or a RecordBatch, and gives an Arrow array";

    /// <summary>The forms of functions of tables, for messages.</summary>
    public const string TableForms = "a method that takes a RecordBatch and gives one, or takes an IEnumerable or IAsyncEnumerable of them and gives such a one";

    /// <summary>Types of Spark by the arrays that hold nothing else.</summary>
    private static readonly FrozenDictionary<Type, string> SparkTypes = new Dictionary<Type, string>
    {
        [typeof(BooleanArray)] = "boolean",
        [typeof(Int8Array)] = "tinyint",
        [typeof(Int16Array)] = "smallint",
        [typeof(Int32Array)] = "int",
        [typeof(Int64Array)] = "bigint",
        [typeof(FloatArray)] = "float",
        [typeof(DoubleArray)] = "double",
        [typeof(StringArray)] = "string",
        [typeof(BinaryArray)] = "binary",
        [typeof(Date32Array)] = "date",
    }.ToFrozenDictionary();

    private readonly MethodInfo _method;

    /// <summary>Looks at a method.</summary>
    /// <param name="method">The method.</param>
    public MethodForm(MethodInfo method)
    {
        _method = method;
        var parameters = method.GetParameters();
        TakesToken = parameters is [.., { ParameterType: var last }] && last == typeof(CancellationToken);
        Parameters = TakesToken ? parameters[..^1] : parameters;
        Name = $"method '{method.DeclaringType!.FullName}.{method.Name}'";
    }

    /// <summary>The method, for messages.</summary>
    public string Name { get; }

    /// <summary>Its parameters, without a token at the end.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>Whether it takes a token at the end.</summary>
    public bool TakesToken { get; }

    /// <summary>Whether it takes a table, or a group, and gives another.</summary>
    public bool IsOfBatch => Is<RecordBatch, RecordBatch>();

    /// <summary>Whether it takes tables one after the other and gives others so.</summary>
    public bool IsOfBatches => Is<IEnumerable<RecordBatch>, IEnumerable<RecordBatch>>();

    /// <summary>Whether it does so asynchronously.</summary>
    public bool IsOfBatchesAsync => Is<IAsyncEnumerable<RecordBatch>, IAsyncEnumerable<RecordBatch>>();

    /// <summary>Whether it is a function of tables.</summary>
    public bool IsOfTables => IsOfBatch || IsOfBatches || IsOfBatchesAsync;

    /// <summary>Whether it takes all of its columns as one table and gives a column.</summary>
    public bool TakesColumnsAsBatch => GivesColumn && Parameters is [{ ParameterType: var parameter }] && parameter == typeof(RecordBatch);

    /// <summary>Whether it is a function of columns.</summary>
    public bool IsOfColumns => TakesColumnsAsBatch || (GivesColumn && Parameters.All(p => IsColumn(p.ParameterType)));

    /// <summary>The type that it gives as Spark writes it; null where its result may have several.</summary>
    public string? SparkResult => SparkTypes.GetValueOrDefault(_method.ReturnType);

    private bool GivesColumn => IsColumn(_method.ReturnType);

    /// <summary>A sentence that refuses the method.</summary>
    /// <param name="wanted">The forms that are wanted.</param>
    public string Misfit(string wanted)
        => $"Expected {wanted}, each with or without a CancellationToken at the end, but {Name} is '{Describe(_method.ReturnType)} {_method.Name}({string.Join(", ", _method.GetParameters().Select(p => Describe(p.ParameterType)))})'.";

    /// <summary>A table is an Arrow array too, in name.</summary>
    private static bool IsColumn(Type type) => typeof(IArrowArray).IsAssignableFrom(type) && type != typeof(RecordBatch);

    private static string Describe(Type type)
        => type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Describe))}>" : type.Name;

    private bool Is<TParameter, TResult>()
        => Parameters is [{ ParameterType: var parameter }] && parameter == typeof(TParameter) && typeof(TResult).IsAssignableFrom(_method.ReturnType);
}
