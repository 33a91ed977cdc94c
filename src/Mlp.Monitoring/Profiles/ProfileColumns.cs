using System.Text;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Profiles;

/// <summary>The columns of a batch of predictions that a profile reads, and which of its rows belong to which pane.</summary>
internal readonly ref struct ProfileColumns
{
    private readonly UInt8Array? _outcomes;
    private readonly DoubleArray? _weights;
    private readonly StringArray? _variants;

    private ProfileColumns(RecordBatch batch, (string Name, IArrowArray Array)[] features)
    {
        Features = features;
        Score = batch.Find<DoubleArray>(PredictionColumns.Score);
        Times = batch.Find<TimestampArray>(PredictionColumns.RequestTime) is { } times ? times.Values : [];
        _outcomes = batch.Find<UInt8Array>(PredictionColumns.Outcome);
        _weights = batch.Find<DoubleArray>(PredictionColumns.SamplingWeight);
        _variants = batch.Find<StringArray>(PredictionColumns.Variant);
    }

    /// <summary>Features by name.</summary>
    public (string Name, IArrowArray Array)[] Features { get; }

    /// <summary>The score.</summary>
    public DoubleArray? Score { get; }

    /// <summary>Request times, microseconds.</summary>
    public ReadOnlySpan<long> Times { get; }

    /// <summary>Finds the columns.</summary>
    /// <param name="batch">Predictions.</param>
    public static ProfileColumns Of(RecordBatch batch)
    {
        var features = new List<(string, IArrowArray)>();
        for (var i = 0; i < batch.ColumnCount; i++)
        {
            var field = batch.Schema.GetFieldByIndex(i);
            if (field.HasMetadata && field.Metadata.TryGetValue(PredictionColumns.FeatureKey, out var name))
            {
                features.Add((name, batch.Column(i)));
            }
        }

        return new(batch, [.. features]);
    }

    /// <summary>The weight of each row, 0 for a row that the model did not answer. Gives the number of those that it did.</summary>
    /// <param name="weights">Shape (rows).</param>
    /// <param name="countsEachAsOne">Whether a row counts as one whatever its weight: sketches of ranks take no other.</param>
    public int FindWeights(Span<double> weights, bool countsEachAsOne)
    {
        var count = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            var weight = _weights?.GetValue(i) ?? 1;
            var counts = _outcomes?.GetValue(i) == (byte)PredictionOutcome.Ok && SamplingWeights.IsValid(weight);
            weights[i] = !counts ? 0 : countsEachAsOne ? 1 : weight;
            count += counts ? 1 : 0;
        }

        return count;
    }

    /// <summary>The variant and the pane of the first row that counts.</summary>
    /// <param name="weights">Shape (rows), 0 for a row that does not count.</param>
    /// <param name="paneLength">Microseconds.</param>
    public (string Variant, long Start) KeyOf(ReadOnlySpan<double> weights, long paneLength)
    {
        var row = weights.IndexOfAnyExcept(0.0);
        return (Encoding.UTF8.GetString(VariantOf(row)), StartOf(row, paneLength));
    }

    /// <summary>The weights of the rows of a pane, 0 for those of others; empty where every row of the batch is of it, with weight 1.</summary>
    /// <param name="weights">Shape (rows).</param>
    /// <param name="variant">The variant.</param>
    /// <param name="start">Beginning of the pane.</param>
    /// <param name="paneLength">Microseconds.</param>
    public ReadOnlyMemory<double> Choose(ReadOnlySpan<double> weights, string variant, long start, long paneLength)
    {
        var name = Encoding.UTF8.GetBytes(variant);
        var chosen = new double[weights.Length];
        for (var row = 0; row < chosen.Length; row++)
        {
            chosen[row] = weights[row] != 0 && IsOf(row, name, start, paneLength) ? weights[row] : 0;
        }

        return chosen.AsSpan().ContainsAnyExcept(1.0) ? chosen : default(ReadOnlyMemory<double>);
    }

    /// <summary>Sets the weights of the rows of a pane to 0. Gives their number.</summary>
    /// <param name="weights">Shape (rows).</param>
    /// <param name="variant">The variant.</param>
    /// <param name="start">Beginning of the pane.</param>
    /// <param name="paneLength">Microseconds.</param>
    public int Remove(Span<double> weights, string variant, long start, long paneLength)
    {
        var name = Encoding.UTF8.GetBytes(variant);
        var count = 0;
        for (var row = 0; row < weights.Length; row++)
        {
            if (weights[row] != 0 && IsOf(row, name, start, paneLength))
            {
                weights[row] = 0;
                count++;
            }
        }

        return count;
    }

    private bool IsOf(int row, ReadOnlySpan<byte> variant, long start, long paneLength) => StartOf(row, paneLength) == start && VariantOf(row).SequenceEqual(variant);

    private ReadOnlySpan<byte> VariantOf(int row) => _variants is null ? [] : _variants.GetBytes(row);

    private long StartOf(int row, long paneLength) => Times.IsEmpty ? 0 : Times[row] - (((Times[row] % paneLength) + paneLength) % paneLength);
}
