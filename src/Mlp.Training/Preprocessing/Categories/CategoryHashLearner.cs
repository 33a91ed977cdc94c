using System.Text;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns the letters of hashed texts, and which features are missing in training rows. Not thread-safe.</summary>
/// <param name="features">Index, number of buckets and sign of each feature, texts first.</param>
/// <param name="layout">The features.</param>
/// <param name="seed">Where the coefficients of the hashes come from.</param>
internal sealed class CategoryHashLearner(IReadOnlyList<(int Column, int Buckets, bool IsSigned)> features, FeatureRowLayout layout, int seed) : BlockLearner
{
    private readonly int[] _missing = new int[features.Count];
    private int _rowCount;

    // The printable ASCII letters always have numbers of their own.
    private readonly SortedSet<Rune> _letters = [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => new Rune(c))];

    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        _rowCount += rowCount;
        for (var i = 0; i < features.Count; i++)
        {
            var column = table.Columns[features[i].Column];
            var seen = column is TextColumn texts ? new bool[texts.Texts.Count] : [];
            for (var row = 0; row < rowCount; row++)
            {
                var isPresent = column.IsPresent(row);
                _missing[i] += isPresent ? 0 : 1;
                if (isPresent && column is TextColumn text && !seen[text.Codes[row]])
                {
                    seen[text.Codes[row]] = true;
                    _letters.UnionWith(text.TextAt(row).EnumerateRunes());
                }
            }
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete()
    {
        var empty = Array.IndexOf(_missing, _rowCount);
        if (empty >= 0)
        {
            throw NoValue(layout.Columns[features[empty].Column].Name, _rowCount);
        }

        var hasTexts = features.Any(f => layout.Columns[f.Column].Type == FeatureType.String);
        return new CategoryHashBlock(
            [.. features.Select((f, i) => new CategoryHash(f.Column, f.Buckets, layout.Columns[f.Column].Type == FeatureType.String, f.IsSigned, _missing[i] > 0, seed))],
            hasTexts ? [.. _letters.Select(l => l.ToString())] : []);
    }
}
