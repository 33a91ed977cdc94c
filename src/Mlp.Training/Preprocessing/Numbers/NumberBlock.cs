using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Numbers that are treated alike; then an indicator for each that has one.</summary>
internal abstract class NumberBlock : EncodedBlock
{
    private const int ChunkLength = 512;

    /// <summary>The function that they go through first.</summary>
    [JsonIgnore]
    public virtual NumberFunction Function => NumberFunction.None;

    /// <summary>The numbers, by type (float32, float64, int64, boolean) and in the service's order within a type; each element of a vector is one.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<NumberInput> Inputs { get; }

    /// <summary>How many floats stand before the indicators.</summary>
    [JsonIgnore]
    protected abstract int ValueCount { get; }

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        // Run by run of rows, so that the rows of a run stay in the cache while its numbers are written one after another.
        var sources = Inputs.Select(n => table.Columns[n.Column].SourceOf(n.Element)).ToArray();
        var chunk = new double[Math.Min(ChunkLength, table.RowCount)];
        for (var start = 0; start < table.RowCount; start += chunk.Length)
        {
            var values = chunk.AsSpan(0, Math.Min(chunk.Length, table.RowCount - start));
            var indicator = ValueCount;
            for (var i = 0; i < sources.Length; i++)
            {
                sources[i].Read(start, values);
                Inputs[i].Prepare(values, Function);
                FillMissing(values, Inputs[i], start, indicator, rows);
                EncodeNumber(i, values, start, rows);
                indicator += Inputs[i].HasIndicator ? 1 : 0;
            }
        }
    }

    /// <summary>Encodes a run of one number's values.</summary>
    /// <param name="number">Which of <see cref="Inputs"/>.</param>
    /// <param name="values">Prepared, without gaps.</param>
    /// <param name="start">The row of the first.</param>
    /// <param name="rows">Where they go.</param>
    protected abstract void EncodeNumber(int number, ReadOnlySpan<double> values, int start, BlockRows rows);

    /// <summary>Names of the numbers.</summary>
    protected IEnumerable<string> Names(FeatureRowLayout layout) => Inputs.Select(n => n.NameIn(layout));

    /// <summary>Names of the indicators.</summary>
    protected IEnumerable<string> IndicatorNames(FeatureRowLayout layout) => Inputs.Where(n => n.HasIndicator).Select(n => $"{n.NameIn(layout)} is missing");

    /// <summary>Writes numbers with the fillings where they are missing.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="missing">Name of a boolean value of shape (N, inputs).</param>
    /// <param name="values">Name of a float value of shape (N, inputs).</param>
    /// <param name="fills">What missing ones become.</param>
    protected static string Fill(EncodingGraph graph, string missing, string values, float[] fills)
    {
        var filling = fills.All(f => f == 0) ? graph.Constant("zero", [0f]) : graph.Constant("fills", fills, fills.Length);
        return graph.Builder.AddNode("Where", [missing, filling, values], output: graph.Builder.UniqueName("standardised"));
    }

    /// <summary>Writes the indicators: nothing where there are none.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="missing">Name of a boolean value of shape (N, inputs).</param>
    protected IEnumerable<string> Indicators(EncodingGraph graph, string missing)
    {
        int[] indicated = [.. Enumerable.Range(0, Inputs.Count).Where(i => Inputs[i].HasIndicator)];
        return indicated.Length == 0 ? [] : [graph.Cast(graph.Columns(missing, indicated, Inputs.Count), OnnxDataType.Float32)];
    }

    private static void FillMissing(Span<double> values, NumberInput input, int start, int indicator, BlockRows rows)
    {
        for (var row = 0; row < values.Length; row++)
        {
            var isMissing = double.IsNaN(values[row]);
            values[row] = isMissing ? input.Fill : values[row];
            if (input.HasIndicator)
            {
                rows.SetFloat(start + row, indicator, isMissing ? 1 : 0);
            }
        }
    }
}
