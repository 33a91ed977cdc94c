using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Numbers that become the share of training rows up to them, or the normal quantile of that share.</summary>
/// <param name="numbers">The distribution of each.</param>
/// <param name="isNormal">Whether they become normal quantiles.</param>
internal sealed class QuantileBlock(IReadOnlyList<QuantileNumber> numbers, bool isNormal) : NumberBlock
{
    public IReadOnlyList<QuantileNumber> Numbers { get; } = numbers;

    public bool IsNormal { get; } = isNormal;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<NumberInput> Inputs { get; } = [.. numbers.Select(n => n.Input)];

    /// <inheritdoc/>
    protected override int ValueCount => Numbers.Count;

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new() { Floats = [.. Names(layout), .. IndicatorNames(layout)] };

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph)
    {
        var (values, missing) = NumberFunctions.Prepare(graph, Inputs, Function);
        var shares = WriteShares(graph, values);
        var outputs = graph.Cast(IsNormal ? NormalQuantile.Write(graph, shares) : shares, OnnxDataType.Float32);
        return new([Fill(graph, missing, outputs, [.. Numbers.Select(n => Apply(n, n.Input.Fill))]), .. Indicators(graph, missing)]);
    }

    /// <inheritdoc/>
    protected override void EncodeNumber(int number, ReadOnlySpan<double> values, int start, BlockRows rows)
    {
        for (var i = 0; i < values.Length; i++)
        {
            rows.SetFloat(start + i, number, Apply(Numbers[number], values[i]));
        }
    }

    private float Apply(QuantileNumber number, double value)
    {
        var share = number.ShareOf(value);
        return (float)(IsNormal ? NormalQuantile.Of(share) : share);
    }

    // Tables by column and number of knots at or below the value: entry 0 is below all knots.
    private string WriteShares(EncodingGraph graph, string values)
    {
        var builder = graph.Builder;
        var (counts, bound) = SortedEdges.Write(graph, values, [.. Numbers.Select(n => n.Knots)]);
        var entries = Numbers.Count == 1
            ? counts
            : builder.AddNode("Add", [counts, graph.Constant("tables", [.. Enumerable.Range(0, Numbers.Count).Select(i => (long)i * bound)], Numbers.Count)]);
        var knot = Look("knots", n => [n.Knots[0], .. n.Knots]);
        var at = Look("shares", n => [0, .. n.At]);
        var above = Look("shares_above", n => [0, .. n.Above]);
        var slope = Look("slopes", n => [0, .. n.Slopes]);
        var between = builder.AddNode("Add", [builder.AddNode("Mul", [builder.AddNode("Sub", [values, knot]), slope]), above]);
        return builder.AddNode("Where", [builder.AddNode("Equal", [values, knot]), at, between]);

        string Look(string name, Func<QuantileNumber, double[]> tableOf)
        {
            var table = SortedEdges.Pad([.. Numbers.Select(tableOf)], bound, 0);
            return builder.AddNode("Gather", [graph.Constant(name, table, table.Length), entries]);
        }
    }
}
