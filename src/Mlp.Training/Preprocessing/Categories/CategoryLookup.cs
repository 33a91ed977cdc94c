using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>A value per entry of a vocabulary, to be looked up in a graph.</summary>
/// <typeparam name="T">float or long.</typeparam>
/// <param name="Index">The vocabulary.</param>
/// <param name="Values">One per entry.</param>
internal sealed record CategoryLookup<T>(CategoryVocabulary Index, IReadOnlyList<T> Values)
    where T : struct;

/// <summary>Writes lookups: value -> number within the union of the vocabularies of its type -> value of the entry, by a table with one row per lookup.</summary>
internal static class CategoryLookup
{
    // Beyond it lookups are parted, because every row of the table has a place for every value of the union.
    private const long LargestTable = 1 << 22;

    /// <summary>Adds the nodes; as many for one lookup as for a hundred of a type.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="lookups">Those of texts, then those of integers, at least one.</param>
    /// <param name="constant">Adds a constant vector.</param>
    /// <returns>Name of a value of shape (N, lookups).</returns>
    public static string Write<T>(EncodingGraph graph, IReadOnlyList<CategoryLookup<T>> lookups, Func<T[], string> constant)
        where T : struct
    {
        var parts = new List<string>();
        foreach (var group in lookups.GroupBy(l => graph.Layout.Columns[l.Index.Column].Type))
        {
            if (group.Key == FeatureType.String)
            {
                WriteOfType(graph, [.. group], l => l.Texts, string.Empty, keys => OnnxAttribute.Strings("keys_strings", keys), constant, parts);
            }
            else
            {
                WriteOfType(graph, [.. group], l => l.Integers, 0L, keys => OnnxAttribute.Ints("keys_int64s", keys), constant, parts);
            }
        }

        T[] missing = [.. lookups.Select(l => l.Values[l.Index.MissingEntry])];
        return graph.Builder.AddNode("Where", [graph.Present([.. lookups.Select(l => l.Index.Column)]), graph.Concat(parts, "found"), constant(missing)]);
    }

    private static void WriteOfType<T, TKey>(
        EncodingGraph graph, CategoryLookup<T>[] lookups, Func<CategoryVocabulary, IReadOnlyList<TKey>> valuesOf, TKey filler, Func<TKey[], OnnxAttribute> keys, Func<T[], string> constant, List<string> parts)
        where T : struct
        where TKey : notnull
    {
        CategoryVocabulary[] vocabularies = [.. lookups.Select(l => l.Index).Distinct()];
        TKey[] union = [.. vocabularies.SelectMany(valuesOf).Distinct()];
        if (union.Length == 0)
        {
            // LabelEncoder refuses an empty dictionary. One entry that no vocabulary has is unknown to all of them.
            union = [filler];
        }

        if (lookups.Length > 1 && (union.Length + 1L) * lookups.Length > LargestTable)
        {
            WriteOfType(graph, lookups[..(lookups.Length / 2)], valuesOf, filler, keys, constant, parts);
            WriteOfType(graph, lookups[(lookups.Length / 2)..], valuesOf, filler, keys, constant, parts);
            return;
        }

        var numbers = graph.Builder.AddNode(
            "LabelEncoder",
            [graph.Values(graph.Layout.Columns[vocabularies[0].Column].Type, [.. vocabularies.Select(v => v.Column)])],
            [keys(union), OnnxAttribute.Ints("values_int64s", [.. Enumerable.Range(0, union.Length).Select(i => (long)i)]), OnnxAttribute.Int("default_int64", union.Length)],
            OnnxGraphBuilder.MlDomain);
        numbers = graph.Columns(numbers, [.. lookups.Select(l => System.Array.IndexOf(vocabularies, l.Index))], vocabularies.Length);
        if (lookups.Length > 1)
        {
            long[] rows = [.. lookups.Select((_, i) => i * (union.Length + 1L))];
            numbers = graph.Builder.AddNode("Add", [numbers, graph.Constant("rows", rows, rows.Length)]);
        }

        T[] table = [.. lookups.SelectMany(l => TableRow(l, union, valuesOf(l.Index)))];
        parts.Add(graph.Builder.AddNode("Gather", [constant(table), numbers]));
    }

    // The value of each of the union, and in the last place that of any other.
    private static T[] TableRow<T, TKey>(CategoryLookup<T> lookup, TKey[] union, IReadOnlyList<TKey> values)
        where T : struct
        where TKey : notnull
    {
        var places = values.Select((value, i) => (value, i)).ToDictionary(p => p.value, p => p.i);
        return [.. union.Select(v => lookup.Values[places.GetValueOrDefault(v, lookup.Index.UnknownEntry)]), lookup.Values[lookup.Index.UnknownEntry]];
    }
}
