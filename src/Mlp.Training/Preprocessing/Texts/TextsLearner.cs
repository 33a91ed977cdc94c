using System.Globalization;
using System.Text;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>Learns the terms of texts: those that occur in the most training rows, ties by ordinal order. Not thread-safe.</summary>
/// <param name="requests">What is wanted.</param>
internal sealed class TextsLearner(IReadOnlyList<TextRequest> requests) : BlockLearner
{
    private readonly Counts[] _counts = [.. requests.Select(_ => new Counts())];

    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        for (var i = 0; i < requests.Count; i++)
        {
            var column = (TextColumn)table.Columns[requests[i].Column];
            var rowsOfText = new int[column.Texts.Count];
            for (var row = 0; row < rowCount; row++)
            {
                if (column.IsPresent(row))
                {
                    rowsOfText[column.Codes[row]]++;
                }
            }

            _counts[i].Rows += rowCount;
            _counts[i].PresentRows += rowsOfText.Sum();
            for (var code = 0; code < rowsOfText.Length; code++)
            {
                if (rowsOfText[code] > 0)
                {
                    _counts[i].Texts.Add((column.Texts[code], rowsOfText[code]));
                    foreach (var term in requests[i].Rule.Cut(column.Texts[code]).Distinct(StringComparer.Ordinal))
                    {
                        _counts[i].RowsOfTerm[term] = _counts[i].RowsOfTerm.GetValueOrDefault(term) + rowsOfText[code];
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete() => new TextsBlock([.. requests.Zip(_counts, Complete)]);

    private static TextEncoding Complete(TextRequest request, Counts counts)
    {
        if (counts.PresentRows == 0)
        {
            throw new TrainingDataException(
                string.Create(CultureInfo.InvariantCulture, $"Expected texts in column '{request.Name}' to learn terms from, but it is missing in all {counts.Rows} training rows."), request.Name);
        }

        string[] terms = [.. counts.RowsOfTerm
            .Where(t => t.Value >= request.MinimumRows)
            .OrderByDescending(t => t.Value).ThenBy(t => t.Key, StringComparer.Ordinal)
            .Take(request.MaximumTerms)
            .Select(t => t.Key)];
        if (terms.Length == 0)
        {
            throw new TrainingDataException(
                string.Create(CultureInfo.InvariantCulture, $"Expected terms that occur in at least {request.MinimumRows} training rows of column '{request.Name}', but found none."), request.Name);
        }

        var (slots, names) = request.Buckets is { } buckets ? Hash(request, terms, buckets) : ([.. Enumerable.Range(0, terms.Length)], [.. terms.Select(t => $"{request.Name} has {t}")]);
        double[] factors = request.Weight == TermWeight.TfIdf ? Factors(request, counts, terms, slots, names.Length) : [];
        return new(request.Column, request.Rule, request.Weight, terms, slots, names, factors, counts.PresentRows < counts.Rows);
    }

    // Buckets that no term falls into are left out, because nothing ever could.
    private static (int[] Slots, string[] Names) Hash(TextRequest request, string[] terms, int buckets)
    {
        var letters = new LetterNumbers([.. terms.SelectMany(t => t.EnumerateRunes()).Distinct().Select(r => r.ToString())]);
        var hash = new CategoryHash(request.Column, buckets, IsText: true, IsSigned: false, HasMissing: false, request.Seed);
        int[] bucketOf = [.. terms.Select(t => hash.BucketOf(t, letters))];
        int[] used = [.. bucketOf.Distinct().Order()];
        return ([.. bucketOf.Select(b => System.Array.BinarySearch(used, b))], [.. used.Select(b => FormattableString.Invariant($"{request.Name} has a term of bucket {b}"))]);
    }

    private static double[] Factors(TextRequest request, Counts counts, string[] terms, int[] slots, int width)
    {
        var slotOf = terms.Zip(slots).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
        var rows = new long[width];
        foreach (var (text, rowCount) in counts.Texts)
        {
            foreach (var slot in request.Rule.Cut(text).Where(slotOf.ContainsKey).Select(t => slotOf[t]).Distinct())
            {
                rows[slot] += rowCount;
            }
        }

        return [.. rows.Select(r => Math.Log((1.0 + counts.PresentRows) / (1.0 + r)) + 1)];
    }

    private sealed class Counts
    {
        public Dictionary<string, long> RowsOfTerm { get; } = new(StringComparer.Ordinal);

        public List<(string Text, int Rows)> Texts { get; } = [];

        public long Rows { get; set; }

        public long PresentRows { get; set; }
    }
}
