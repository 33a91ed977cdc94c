using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>The answers of a model as the columns that the query declares. Immutable and thread-safe.</summary>
internal sealed class ScoreOutputs
{
    private readonly (OutputColumn Output, string Value, IArrowType Type)[] _columns;

    /// <summary>Looks at the outputs of a command.</summary>
    /// <param name="outputs">The outputs.</param>
    /// <exception cref="TaskException">One has a value that is none, or a type that it cannot have.</exception>
    public ScoreOutputs(IReadOnlyList<OutputColumn> outputs)
    {
        _columns = [.. outputs.Select(o => (o, o.Value ?? o.Name, SparkTypeText.Parse(o.Type, $"output '{o.Name}'")))];
        foreach (var (output, value, type) in _columns)
        {
            Require(output, value, type);
        }

        var takesList = _columns.Any(c => c.Value == BatchColumns.Probabilities);
        var takesSingle = _columns.Any(c => c.Value.StartsWith(BatchColumns.ProbabilityPrefix, StringComparison.Ordinal));
        if (takesList && takesSingle)
        {
            throw new TaskException($"Expected outputs with '{BatchColumns.Probabilities}' or with the probabilities of single classes, but found both.");
        }

        Options = new ScoringOptions
        {
            Columns = [],
            IncludeLabel = _columns.Any(c => c.Value == BatchColumns.PredictedLabel),
            Probabilities = takesList ? ClassProbabilities.List : takesSingle ? ClassProbabilities.Columns : ClassProbabilities.None,
        };
    }

    /// <summary>What the model is asked for.</summary>
    public ScoringOptions Options { get; }

    /// <summary>The columns of a scored batch.</summary>
    /// <param name="scored">The answers; they are let go.</param>
    /// <param name="nulls">The rows whose answers are null; null for none.</param>
    /// <param name="where">The model, for messages.</param>
    /// <exception cref="TaskException">The model does not have an output.</exception>
    public IReadOnlyList<(Field Field, IArrowArray Values)> Read(RecordBatch scored, bool[]? nulls, string where)
    {
        using (scored)
        {
            return [.. _columns.Select(c => (new Field(c.Output.Name, c.Type, nullable: true), WithNulls(Convert(Find(scored, c.Value, where), c.Type), nulls)))];
        }
    }

    private static IArrowArray Find(RecordBatch scored, string value, string where)
        => scored.Schema.GetFieldIndex(value) is >= 0 and var index
            ? scored.Column(index)
            : throw new TaskException($"Expected output '{value}' of {where}, but found {TaskTables.Describe(scored.Schema)}.");

    private static void Require(OutputColumn output, string value, IArrowType type)
    {
        var fits = value switch
        {
            BatchColumns.Score => type is DoubleType or FloatType,
            BatchColumns.PredictedClass => type is Int32Type or Int64Type,
            BatchColumns.PredictedLabel => type is StringType,
            BatchColumns.Probabilities => type is ListType { ValueDataType: DoubleType or FloatType },
            _ when value.StartsWith(BatchColumns.ProbabilityPrefix, StringComparison.Ordinal) => type is DoubleType or FloatType,
            _ => throw new TaskException(
                $"Expected output '{output.Name}' to be score, predicted_class, predicted_label, probabilities or probability_ and the name of a class, but found '{value}'."),
        };
        if (!fits)
        {
            throw new TaskException(
                $"Expected output '{output.Name}' as double or float for scores and probabilities, int or bigint for predicted_class, string for predicted_label, array<double> or array<float> for probabilities, but found {output.Type} for {value}.");
        }
    }

    /// <summary>The values in the type that is wanted. They live as long as the result, whatever happens to the scored batch.</summary>
    private static IArrowArray Convert(IArrowArray values, IArrowType type) => (values, type) switch
    {
        (DoubleArray a, FloatType) => RoundedNumbers.For(a, Mlp.Runtime.Data.FeatureType.Float32),
        (Int32Array a, Int64Type) => Widen(a),
        (FixedSizeListArray a, ListType list) => ToList(a, list),
        _ => ArrowArrayFactory.BuildArray(values.Data.Retain()),
    };

    private static Int64Array Widen(Int32Array values)
    {
        var wide = new Int64Array.Builder().Reserve(values.Length);
        foreach (var value in values.Values)
        {
            wide.Append(value);
        }

        return wide.Build();
    }

    private static ListArray ToList(FixedSizeListArray values, ListType type)
    {
        var size = ((FixedSizeListType)values.Data.DataType).ListSize;
        var elements = Convert(values.Values, type.ValueDataType);
        var offsets = new ArrowBuffer.Builder<int>(values.Length + 1);
        for (var row = 0; row <= values.Length; row++)
        {
            offsets.Append(row * size);
        }

        return new ListArray(new ArrayData(type, values.Length, 0, 0, [ArrowBuffer.Empty, offsets.Build()], [elements.Data]));
    }

    /// <summary>The values with nulls among them. They share the memory of the column that they come from, which goes with this one.</summary>
    private static IArrowArray WithNulls(IArrowArray values, bool[]? nulls)
    {
        if (nulls is null)
        {
            return values;
        }

        var data = values.Data;
        return ArrowArrayFactory.BuildArray(new ArrayData(data.DataType, data.Length, nulls.Count(n => n), 0, [ValidityBits.Of(nulls), .. data.Buffers[1..]], data.Children));
    }
}
