using System.Globalization;
using System.Text;

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
                    if (requests[i].Buckets is null)
                    {
                        _counts[i].AddTerms(requests[i].Rule.Cut(column.Texts[code]), rowsOfText[code]);
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
            throw NoValue(request.Name, counts.Rows);
        }

        var encoding = new TextEncoding(request.Column, request.Rule, request.Weight, [], null, [], counts.PresentRows < counts.Rows);
        encoding = request.Buckets is { } buckets ? encoding with { Hash = new(buckets, Letters(counts), request.Seed) } : encoding with { Terms = Terms(request, counts) };
        return request.Weight == TermWeight.TfIdf ? encoding with { Factors = Factors(encoding, counts) } : encoding;
    }

    private static string[] Terms(TextRequest request, Counts counts)
    {
        string[] terms = [.. counts.RowsOfTerm
            .Where(t => t.Value >= request.MinimumRows)
            .OrderByDescending(t => t.Value).ThenBy(t => t.Key, StringComparer.Ordinal)
            .Take(request.MaximumTerms)
            .Select(t => t.Key)];
        return terms.Length > 0
            ? terms
            : throw new TrainingDataException(
                string.Create(CultureInfo.InvariantCulture, $"Expected terms that occur in at least {request.MinimumRows} training rows of column '{request.Name}', but found none."), request.Name);
    }

    // The printable ASCII letters always have numbers of their own.
    private static string[] Letters(Counts counts)
    {
        var letters = new SortedSet<Rune>(Enumerable.Range(' ', '~' - ' ' + 1).Select(c => new Rune(c)));
        foreach (var (text, _) in counts.Texts)
        {
            letters.UnionWith(text.EnumerateRunes());
        }

        return [.. letters.Select(l => l.ToString())];
    }

    private static double[] Factors(TextEncoding encoding, Counts counts)
    {
        var (rows, ofText, count) = (new long[encoding.Width], new int[encoding.Width], encoding.Counter());
        foreach (var (text, rowCount) in counts.Texts)
        {
            Array.Clear(ofText);
            count(text, ofText);
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i] += ofText[i] > 0 ? rowCount : 0;
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

        public void AddTerms(IEnumerable<string> terms, int rowCount)
        {
            foreach (var term in terms.Distinct(StringComparer.Ordinal))
            {
                RowsOfTerm[term] = RowsOfTerm.GetValueOrDefault(term) + rowCount;
            }
        }
    }
}
