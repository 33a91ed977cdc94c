using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Numbers that are standardised; then an indicator for each that has one.</summary>
/// <param name="numbers">By type (float32, float64, int64, boolean) and in the service's order within a type; each element of a vector is one.</param>
/// <param name="maximumDeviation">Where they are cut off.</param>
internal sealed class NumbersBlock(IReadOnlyList<NumberEncoding> numbers, double maximumDeviation) : EncodedBlock
{
    public IReadOnlyList<NumberEncoding> Numbers { get; } = numbers;

    public double MaximumDeviation { get; } = maximumDeviation;

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new()
    {
        Floats = [.. Numbers.Select(n => NameOf(n, layout)), .. Numbers.Where(n => n.HasIndicator).Select(n => $"{NameOf(n, layout)} is missing")],
    };

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        var indicator = Numbers.Count;
        for (var i = 0; i < Numbers.Count; i++)
        {
            var column = table.Columns[Numbers[i].Column].SourceOf(Numbers[i].Element);
            for (var row = 0; row < table.RowCount; row++)
            {
                var z = Numbers[i].Standardise(column.NumberAt(row), MaximumDeviation);
                rows.SetFloat(row, i, double.IsNaN(z) ? 0 : (float)z);
                if (Numbers[i].HasIndicator)
                {
                    rows.SetFloat(row, indicator, double.IsNaN(z) ? 1 : 0);
                }
            }

            indicator += Numbers[i].HasIndicator ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph)
    {
        var values = graph.Numbers([.. Numbers.Select(n => (n.Column, n.Element))]);
        var width = Numbers.Count;
        var builder = graph.Builder;

        // x − x is NaN for NaN and for both infinities.
        var missing = builder.AddNode("IsNaN", [builder.AddNode("Sub", [values, values])], output: builder.UniqueName("is_missing"));
        var centred = builder.AddNode("Sub", [values, graph.Constant("means", [.. Numbers.Select(n => n.Mean)], width)]);
        var scaled = builder.AddNode("Div", [centred, graph.Constant("deviations", [.. Numbers.Select(n => n.Deviation)], width)]);
        var clipped = builder.AddNode("Clip", [scaled, graph.Constant("least", [-MaximumDeviation]), graph.Constant("greatest", [MaximumDeviation])]);
        var standardised = builder.AddNode(
            "Where", [missing, graph.Constant("zero", [0f]), graph.Cast(clipped, OnnxDataType.Float32)], output: builder.UniqueName("standardised"));
        int[] indicated = [.. Enumerable.Range(0, width).Where(i => Numbers[i].HasIndicator)];
        return new(indicated.Length == 0 ? [standardised] : [standardised, graph.Cast(graph.Columns(missing, indicated, width), OnnxDataType.Float32)]);
    }

    private static string NameOf(NumberEncoding number, FeatureRowLayout layout)
    {
        var feature = layout.Columns[number.Column];
        return feature.IsVector ? FormattableString.Invariant($"{feature.Name}[{number.Element}]") : feature.Name;
    }
}
