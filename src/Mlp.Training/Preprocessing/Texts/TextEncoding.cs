using System.Text.Json.Serialization;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>A text as a bag of its terms. Immutable and thread-safe.</summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Rule">How a text is cut into terms.</param>
/// <param name="Weight">What a term counts.</param>
/// <param name="Terms">The terms with an output each, others being left out; empty with a hash.</param>
/// <param name="Hash">The hash whose buckets are the outputs; null without one.</param>
/// <param name="Factors">What the count of each output is multiplied with; empty but for <see cref="TermWeight.TfIdf"/>.</param>
/// <param name="HasIndicator">Whether a further output says that the text is missing, where all others are 0.</param>
internal sealed record TextEncoding(int Column, TextRule Rule, TermWeight Weight, IReadOnlyList<string> Terms, TermHash? Hash, IReadOnlyList<double> Factors, bool HasIndicator)
{
    /// <summary>Dense outputs without the indicator.</summary>
    [JsonIgnore]
    public int Width => Hash?.Buckets ?? Terms.Count;

    /// <summary>Names of the outputs, the indicator's last.</summary>
    public IEnumerable<string> NamesOf(string feature) =>
    [
        .. Hash is null ? Terms.Select(t => $"{feature} has {t}") : Enumerable.Range(0, Hash.Buckets).Select(b => FormattableString.Invariant($"{feature} has a term of bucket {b}")),
        .. HasIndicator ? [$"{feature} is missing"] : Array.Empty<string>(),
    ];

    /// <summary>What counts the terms of a text into one number per output.</summary>
    public TermCount Counter()
    {
        if (Hash is not null)
        {
            var letters = new LetterNumbers(Hash.Letters);
            return (text, counts) => Hash.Count(Rule.TokensIn(text), Rule, letters, counts);
        }

        var places = Terms.Select((term, i) => (term, i)).ToDictionary(p => p.term, p => p.i, StringComparer.Ordinal);
        return (text, counts) =>
        {
            foreach (var term in Rule.Cut(text))
            {
                if (places.TryGetValue(term, out var place))
                {
                    counts[place]++;
                }
            }
        };
    }

    /// <summary>Weighs the counts of a text.</summary>
    /// <param name="counts">How often terms of each output occur.</param>
    /// <param name="values">The outputs.</param>
    public void Weigh(ReadOnlySpan<int> counts, Span<float> values)
    {
        double squares = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (Weight == TermWeight.TfIdf)
            {
                var value = counts[i] * Factors[i];
                squares += value * value;
            }
            else
            {
                values[i] = Weight == TermWeight.Presence ? Math.Min(1, counts[i]) : counts[i];
            }
        }

        if (Weight == TermWeight.TfIdf)
        {
            var length = squares == 0 ? 1 : Math.Sqrt(squares);
            for (var i = 0; i < counts.Length; i++)
            {
                values[i] = (float)(counts[i] * Factors[i] / length);
            }
        }
    }
}
