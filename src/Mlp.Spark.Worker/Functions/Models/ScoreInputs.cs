using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>
/// The features of a model out of the columns of batches of one schema: which column is which feature, and what has to be done to its values. Immutable; used by one task.
/// </summary>
internal sealed class ScoreInputs
{
    private readonly ScoreColumn[] _columns;
    private readonly NullHandling _nulls;

    /// <summary>Finds the columns.</summary>
    /// <param name="layout">The features.</param>
    /// <param name="inputs">Which column is which feature, one entry per column.</param>
    /// <param name="schema">The columns.</param>
    /// <param name="nulls">What happens where there is no value.</param>
    /// <param name="where">The model, for messages.</param>
    /// <exception cref="TaskException">A column is missing or has a type that does not fit, or an entry names no feature.</exception>
    public ScoreInputs(FeatureRowLayout layout, IReadOnlyList<(InputColumn Input, int Column)> inputs, Schema schema, NullHandling nulls, string where)
    {
        _nulls = nulls;
        var columns = new ScoreColumn?[layout.Columns.Count];
        foreach (var (input, column) in inputs)
        {
            Bind(layout, input, column, schema, columns, where);
        }

        var missing = System.Array.FindIndex(columns, c => c is null);
        if (missing >= 0)
        {
            throw new TaskException($"Expected a column for feature '{layout.Columns[missing].Name}' of {where}, but found {TaskTables.Describe(schema)}.");
        }

        _columns = columns!;
    }

    /// <summary>The schema of features that are given to the model; known after the first batch.</summary>
    public Schema? Schema { get; private set; }

    /// <summary>What rounding does for columns whose types do not fit, as the end of a message; empty where all fit, and before the first batch.</summary>
    public string Advice
    {
        get
        {
            if (Schema is not { } schema)
            {
                return string.Empty;
            }

            var numbers = _columns.Zip(schema.FieldsList, (c, f) => (c.Input.Round, c.Feature.Type, f.DataType))
                .Where(c => c.Type is FeatureType.Float32 or FeatureType.Float64).ToList();
            if (numbers.Any(c => !c.Round && RoundedNumbers.CanRound(c.DataType, c.Type)))
            {
                return " SparkScoreOptions.RoundToFloat32 (\"round\" of the command) rounds its values.";
            }

            return numbers.Any(c => c.Round && c.DataType is Apache.Arrow.Types.StringType or Apache.Arrow.Types.BooleanType) ? " Double, int, bigint and decimal are taken too, rounded." : string.Empty;
        }
    }

    /// <summary>The features of a batch.</summary>
    /// <param name="batch">A batch of the schema.</param>
    /// <param name="firstRow">Number of rows of the partition before it, for messages.</param>
    /// <param name="nulls">The rows whose answers are null; null for none.</param>
    /// <returns>A table whose columns are called like features.</returns>
    public RecordBatch Read(RecordBatch batch, long firstRow, out bool[]? nulls)
    {
        var values = new IArrowArray[_columns.Length];
        var vectors = new Dictionary<int, VectorTable>();
        nulls = null;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Read(_columns[i], batch, firstRow, vectors);
            if (values[i].NullCount > 0 && CommandNulls.Propagates(_nulls, _columns[i].Feature.Name))
            {
                nulls ??= new bool[batch.Length];
                for (var row = 0; row < nulls.Length; row++)
                {
                    nulls[row] |= values[i].IsNull(row);
                }
            }
        }

        Schema ??= new Schema([.. _columns.Select((c, i) => new Field(c.Feature.Name, values[i].Data.DataType, nullable: true))], null);
        return new RecordBatch(Schema, values, batch.Length);
    }

    private IArrowArray Read(ScoreColumn source, RecordBatch batch, long firstRow, Dictionary<int, VectorTable> vectors)
    {
        var column = batch.Column(source.Column);
        if (source.VectorLength == 0 || column is NullArray)
        {
            return source.Input.Round ? RoundedNumbers.For(column, source.Feature.Type) : column;
        }

        if (!vectors.TryGetValue(source.Column, out var table))
        {
            table = VectorTable.Read(
                VectorValues.TryCreate(column)!, source.VectorLength, CommandNulls.TakesWrongLengths(_nulls, source.Input.Feature), source.Where, firstRow);
            vectors.Add(source.Column, table);
        }

        return source.Element is { } element ? table.ToColumn(element) : table.ToColumn();
    }

    private static void Bind(FeatureRowLayout layout, InputColumn input, int column, Schema schema, ScoreColumn?[] columns, string where)
    {
        var field = schema.FieldsList[column];
        var index = layout.IndexOf(input.Feature);
        if (index < 0)
        {
            BindMatrix(layout, input, column, field, columns, where);
            return;
        }

        var feature = layout.Columns[index];
        columns[index] = feature.IsVector
            ? new ScoreColumn(input, feature, column, RequireVector(input, field, feature.Length, where), null, Describe(field, input, where))
            : new ScoreColumn(input, feature, column, 0, null, Describe(field, input, where));
    }

    /// <summary>An input of the model whose columns nobody has described has features 'x[0]', 'x[1]' and so on: a vector is all of them.</summary>
    private static void BindMatrix(FeatureRowLayout layout, InputColumn input, int column, Field field, ScoreColumn?[] columns, string where)
    {
        var length = 0;
        while (layout.IndexOf(FormattableString.Invariant($"{input.Feature}[{length}]")) >= 0)
        {
            length++;
        }

        if (length == 0)
        {
            throw new TaskException(
                $"Expected the features of {where} in 'inputs' of the command ({string.Join(", ", layout.Columns.Select(c => $"'{c.Name}'"))}), but found '{input.Feature}'.");
        }

        RequireVector(input, field, length, where);
        for (var i = 0; i < length; i++)
        {
            var index = layout.IndexOf(FormattableString.Invariant($"{input.Feature}[{i}]"));
            columns[index] = new ScoreColumn(input, layout.Columns[index], column, length, i, Describe(field, input, where));
        }
    }

    private static int RequireVector(InputColumn input, Field field, int length, string where)
    {
        var isVector = VectorValues.IsVector(field.DataType) || field.DataType is Apache.Arrow.Types.NullType;
        var isExact = field.DataType is not (Apache.Arrow.Types.StructType or Apache.Arrow.Types.ListType { ValueDataType: Apache.Arrow.Types.DoubleType });
        if (!isVector || (!isExact && !input.Round))
        {
            throw new TaskException(FormattableString.Invariant(
                $"Expected a column of vectors of {length} numbers (array<float>, or with SparkScoreOptions.RoundToFloat32, \"round\" of the command, array<double> or a Vector of spark.ml) for {Describe(field, input, where)}, but found {SparkTypeText.Of(field.DataType) ?? field.DataType.Name}."));
        }

        return length;
    }

    private static string Describe(Field field, InputColumn input, string where) => $"feature '{input.Feature}' in column '{field.Name}' ({where})";

    /// <summary>Where a feature comes from.</summary>
    /// <param name="Input">The entry of the command.</param>
    /// <param name="Feature">The feature.</param>
    /// <param name="Column">Index of the column.</param>
    /// <param name="VectorLength">Number of elements of its vectors; 0 for a column of single values.</param>
    /// <param name="Element">Which element of the vectors; null for all.</param>
    /// <param name="Where">Column and feature, for messages.</param>
    private sealed record ScoreColumn(InputColumn Input, FeatureColumn Feature, int Column, int VectorLength, int? Element, string Where);
}
