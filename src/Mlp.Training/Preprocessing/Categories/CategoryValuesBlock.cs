using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Categories that become one number or several: places in an order, frequencies, means of labels.</summary>
/// <param name="features">Texts, then integers, each in the service's order.</param>
internal sealed class CategoryValuesBlock(IReadOnlyList<CategoryValues> features) : EncodedBlock
{
    public IReadOnlyList<CategoryValues> Features { get; } = features;

    /// <inheritdoc/>
    public override IEnumerable<int> CodeColumns => Features.Select(f => f.Index.Column);

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new() { Floats = [.. Features.SelectMany(f => f.OutputNames)] };

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows) => Encode(table, rows, 0);

    /// <inheritdoc/>
    public override void EncodeLearned(FeatureTable table, int learnedCount, BlockRows rows) => Encode(table, rows, learnedCount);

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph)
    {
        var lookups = Features.SelectMany(f => f.OutputNames.Select((_, output) => new CategoryLookup<float>(f.Index, OutputOf(f, output)))).ToList();
        return new([CategoryLookup.Write(graph, lookups, values => graph.Constant("category_values", values, values.Length))]);
    }

    private static float[] OutputOf(CategoryValues feature, int output)
        => [.. Enumerable.Range(0, feature.Index.EntryCount).Select(entry => feature.Table[(entry * feature.OutputNames.Count) + output])];

    private void Encode(FeatureTable table, BlockRows rows, int learnedCount)
    {
        var first = 0;
        foreach (var feature in Features)
        {
            var entries = feature.Index.EntriesOf(table);
            var width = feature.OutputNames.Count;
            for (var row = 0; row < entries.Length; row++)
            {
                var values = row < learnedCount && feature.FoldTables.Count > 0 ? feature.FoldTables[feature.Folds.Of(row)] : feature.Table;
                for (var output = 0; output < width; output++)
                {
                    rows.SetFloat(row, first + output, values[(entries[row] * width) + output]);
                }
            }

            first += width;
        }
    }
}
