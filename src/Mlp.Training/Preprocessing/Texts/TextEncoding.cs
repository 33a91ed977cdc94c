namespace Mlp.Training.Preprocessing.Texts;

/// <summary>A text as a bag of its terms. Terms that are not in the list are left out. Immutable and thread-safe.</summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Rule">How a text is cut into terms.</param>
/// <param name="Weight">What a term counts.</param>
/// <param name="Terms">The terms that count.</param>
/// <param name="Slots">The dense output of each term; several terms may share one.</param>
/// <param name="OutputNames">A name per dense output.</param>
/// <param name="Factors">What the count of each dense output is multiplied with; empty but for <see cref="TermWeight.TfIdf"/>.</param>
/// <param name="HasIndicator">Whether a further output says that the text is missing, where all others are 0.</param>
internal sealed record TextEncoding(
    int Column, TextRule Rule, TermWeight Weight, IReadOnlyList<string> Terms, IReadOnlyList<int> Slots, IReadOnlyList<string> OutputNames, IReadOnlyList<double> Factors, bool HasIndicator)
{
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
