using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Numbers that become the bucket they fall into.</summary>
/// <param name="numbers">The buckets of each.</param>
/// <param name="output">What a bucket becomes.</param>
internal sealed class BucketBlock(IReadOnlyList<BucketedNumber> numbers, BucketOutput output) : NumberBlock
{
    private readonly int[] _firstSlots = [.. numbers.Select((_, i) => numbers.Take(i).Sum(n => n.BucketCount))];

    public IReadOnlyList<BucketedNumber> Numbers { get; } = numbers;

    public BucketOutput Output { get; } = output;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<NumberInput> Inputs { get; } = [.. numbers.Select(n => n.Input)];

    /// <inheritdoc/>
    protected override int ValueCount => Output == BucketOutput.Ordinal ? Numbers.Count : 0;

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => Output == BucketOutput.Ordinal
        ? new() { Floats = [.. Names(layout), .. IndicatorNames(layout)] }
        : new() { Floats = [.. IndicatorNames(layout)], Slots = [.. Numbers.SelectMany(n => n.Names(n.Input.NameIn(layout)))], SlotsPerRow = Numbers.Count };

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph)
    {
        var (values, missing) = NumberFunctions.Prepare(graph, Inputs, Function);
        var buckets = SortedEdges.Write(graph, values, [.. Numbers.Select(n => n.Edges)]).Counts;
        var builder = graph.Builder;
        if (Output == BucketOutput.Ordinal)
        {
            var floats = Fill(graph, missing, graph.Cast(buckets, OnnxDataType.Float32), [.. Numbers.Select(n => (float)n.BucketOf(n.Input.Fill))]);
            return new([floats, .. Indicators(graph, missing)]);
        }

        long[] fills = [.. Numbers.Select(n => (long)n.BucketOf(n.Input.Fill))];
        var filled = builder.AddNode("Where", [missing, graph.Constant("bucket_fills", fills, fills.Length), buckets]);
        long[] firstSlots = [.. _firstSlots.Select(s => (long)s)];
        var slots = builder.AddNode("Add", [filled, graph.Constant("first_slots", firstSlots, firstSlots.Length)]);
        return new([.. Indicators(graph, missing)], graph.OneHot(slots, Numbers.Sum(n => n.BucketCount)));
    }

    /// <inheritdoc/>
    protected override void EncodeNumber(int number, ReadOnlySpan<double> values, int start, BlockRows rows)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var bucket = Numbers[number].BucketOf(values[i]);
            if (Output == BucketOutput.Ordinal)
            {
                rows.SetFloat(start + i, number, bucket);
            }
            else
            {
                rows.SetSlot(start + i, number, _firstSlots[number] + bucket);
            }
        }
    }
}
