using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Categories that reach the model as numbers for a layer that embeds them: 0 missing, 1 rare or unknown, then the vocabulary in its order.</summary>
/// <param name="vocabularies">Texts, then integers, each in the service's order.</param>
internal sealed class CategoryIdsBlock(IReadOnlyList<CategoryVocabulary> vocabularies) : EncodedBlock
{
    public const int MissingId = 0;

    public const int UnknownId = 1;

    private const int FirstId = 2;

    public IReadOnlyList<CategoryVocabulary> Vocabularies { get; } = vocabularies;

    /// <inheritdoc/>
    public override IEnumerable<int> CodeColumns => Vocabularies.Select(v => v.Column);

    /// <inheritdoc/>
    public override BlockShape ShapeOf(FeatureRowLayout layout) => new() { Ids = [.. Vocabularies.Select(v => new IdColumn(layout.Columns[v.Column].Name, v.EntryCount))] };

    /// <inheritdoc/>
    public override void Encode(FeatureTable table, BlockRows rows)
    {
        for (var i = 0; i < Vocabularies.Count; i++)
        {
            var entries = Vocabularies[i].EntriesOf(table);
            for (var row = 0; row < entries.Length; row++)
            {
                rows.SetId(row, i, IdOf(Vocabularies[i], entries[row]));
            }
        }
    }

    /// <inheritdoc/>
    public override BlockOutputs Write(EncodingGraph graph)
    {
        var lookups = Vocabularies.Select(v => new CategoryLookup<long>(v, [.. Enumerable.Range(0, v.EntryCount).Select(entry => (long)IdOf(v, entry))])).ToList();
        return new([], Ids: CategoryLookup.Write(graph, lookups, ids => graph.Constant("category_ids", ids, ids.Length)));
    }

    private static int IdOf(CategoryVocabulary vocabulary, int entry)
        => entry == vocabulary.MissingEntry ? MissingId : entry == vocabulary.UnknownEntry ? UnknownId : entry + FirstId;
}
