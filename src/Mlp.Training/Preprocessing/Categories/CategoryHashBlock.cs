using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Categories that have a slot per bucket of a hash.</summary>
/// <param name="hashes">Texts, then integers, each in the service's order.</param>
/// <param name="letters">The letters that have a number of their own in texts; others count as one letter.</param>
internal sealed class CategoryHashBlock(IReadOnlyList<CategoryHash> hashes, IReadOnlyList<string> letters) : EncodedBlock
{
    private readonly LetterNumbers _numbers = new(letters);

    public IReadOnlyList<CategoryHash> Hashes { get; } = hashes;

    public IReadOnlyList<string> Letters { get; } = letters;

    /// <inheritdoc/>
    public override IEnumerable<int> CodeColumns => Hashes.Select(h => h.Column);

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new()
    {
        Slots = [.. Hashes.SelectMany(h => NamesOf(h, layout.Columns[h.Column].Name))],
        SlotsPerRow = Hashes.Count,
    };

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        var first = 0;
        for (var i = 0; i < Hashes.Count; i++)
        {
            var (hash, column) = (Hashes[i], table.Columns[Hashes[i].Column]);
            Func<int, (int Bucket, bool IsNegative)> at = column is TextColumn text ? OfTexts(hash, text) : OfIntegers(hash, (NumberColumn<long>)column);
            for (var row = 0; row < table.RowCount; row++)
            {
                var (slot, isNegative) = column.IsPresent(row) ? at(row) : (hash.MissingSlot, false);
                rows.SetSlot(row, i, slot == EncodedRows.NoSlot ? slot : first + slot, isNegative);
            }

            first += hash.SlotCount;
        }
    }

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph) => new([], CategoryHashGraph.Write(this, graph));

    private static IEnumerable<string> NamesOf(CategoryHash hash, string feature)
    {
        var buckets = Enumerable.Range(0, hash.Buckets).Select(b => FormattableString.Invariant($"{feature} in bucket {b}"));
        return hash.HasMissing ? buckets.Append($"{feature} is missing") : buckets;
    }

    private static Func<int, (int Bucket, bool IsNegative)> OfIntegers(CategoryHash hash, NumberColumn<long> column)
        => row => (hash.BucketOf(column.Values[row]), hash.IsNegative(column.Values[row]));

    private Func<int, (int Bucket, bool IsNegative)> OfTexts(CategoryHash hash, TextColumn column)
    {
        (int, bool)[] ofCode = [.. column.Texts.Select(t => (hash.BucketOf(t, _numbers), hash.IsNegative(t, _numbers)))];
        return row => ofCode[column.Codes[row]];
    }
}
