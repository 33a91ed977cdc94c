using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Numbers that are moved and stretched, and cut off at the same bounds.</summary>
/// <param name="function">Their function.</param>
/// <param name="numbers">How each is scaled.</param>
/// <param name="least">Where they are cut off below.</param>
/// <param name="greatest">Where they are cut off above.</param>
internal sealed class NumbersBlock(NumberFunction function, IReadOnlyList<NumberEncoding> numbers, double least, double greatest) : NumberBlock
{
    /// <inheritdoc/>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public override NumberFunction Function { get; } = function;

    public IReadOnlyList<NumberEncoding> Numbers { get; } = numbers;

    public double Least { get; } = least;

    public double Greatest { get; } = greatest;

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
        var builder = graph.Builder;
        var centred = builder.AddNode("Sub", [values, graph.Constant("means", [.. Numbers.Select(n => n.Centre)], Numbers.Count)]);
        var scaled = builder.AddNode("Div", [centred, graph.Constant("deviations", [.. Numbers.Select(n => n.Scale)], Numbers.Count)]);
        var clipped = builder.AddNode("Clip", [scaled, graph.Constant("least", [Least]), graph.Constant("greatest", [Greatest])]);
        var filled = Fill(graph, missing, graph.Cast(clipped, OnnxDataType.Float32), [.. Numbers.Select(n => n.Apply(n.Input.Fill, Least, Greatest))]);
        return new([filled, .. Indicators(graph, missing)]);
    }

    /// <inheritdoc/>
    protected override void EncodeNumber(int number, ReadOnlySpan<double> values, int start, BlockRows rows)
    {
        var encoding = Numbers[number];
        for (var i = 0; i < values.Length; i++)
        {
            rows.SetFloat(start + i, number, encoding.Apply(values[i], Least, Greatest));
        }
    }
}
