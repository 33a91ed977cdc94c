using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>Texts as bags of terms, each in some nodes of its own.</summary>
/// <param name="features">In the service's order.</param>
internal sealed class TextsBlock(IReadOnlyList<TextEncoding> features) : EncodedBlock
{
    public IReadOnlyList<TextEncoding> Features { get; } = features;

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new()
    {
        Floats = [.. Features.SelectMany(f => f.NamesOf(layout.Columns[f.Column].Name))],
    };

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        var first = 0;
        foreach (var feature in Features)
        {
            Encode(feature, (TextColumn)table.Columns[feature.Column], first, rows);
            first += feature.Width + (feature.HasIndicator ? 1 : 0);
        }
    }

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph) => new([.. Features.SelectMany(f => TextGraph.Write(f, graph))]);

    private static void Encode(TextEncoding feature, TextColumn column, int first, BlockRows rows)
    {
        var width = feature.Width;
        var count = feature.Counter();
        var ofCode = new float[column.Texts.Count][];
        var counts = new int[width];
        for (var row = 0; row < column.RowCount; row++)
        {
            if (!column.IsPresent(row))
            {
                if (feature.HasIndicator)
                {
                    rows.SetFloat(row, first + width, 1);
                }

                continue;
            }

            var values = ofCode[column.Codes[row]] ??= Weigh(column.TextAt(row));
            for (var i = 0; i < width; i++)
            {
                rows.SetFloat(row, first + i, values[i]);
            }
        }

        float[] Weigh(string text)
        {
            System.Array.Clear(counts);
            count(text, counts);
            var values = new float[width];
            feature.Weigh(counts, values);
            return values;
        }
    }
}
