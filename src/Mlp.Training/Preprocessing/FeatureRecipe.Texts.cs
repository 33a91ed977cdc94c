using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Preprocessing;

/// <content>Texts of several words, as bags of their terms.</content>
public sealed partial class FeatureRecipe
{
    /// <summary>What a text is cut into.</summary>
    /// <value>The default value is null: <see cref="TextTerms.Words"/>.</value>
    [EnumDataType(typeof(TextTerms))]
    public TextTerms? Terms { get; set; }

    /// <summary>Words or letters of the shortest term. 1 to 5.</summary>
    /// <value>The default value is null: 1.</value>
    [Range(1, 5)]
    public int? ShortestTerm { get; set; }

    /// <summary>Words or letters of the longest term. 1 to 5.</summary>
    /// <value>The default value is null: that of the shortest.</value>
    [Range(1, 5)]
    public int? LongestTerm { get; set; }

    /// <summary>What a term counts.</summary>
    /// <value>The default value is null: <see cref="TermWeight.Count"/>.</value>
    [EnumDataType(typeof(TermWeight))]
    public TermWeight? TermWeight { get; set; }

    /// <summary>The greatest number of terms, those of the most training rows first; others are left out. 1 to 100,000.</summary>
    /// <value>The default value is null: 256.</value>
    [Range(1, 100_000)]
    public int? MaximumTerms { get; set; }

    /// <summary>In how many training rows a term must occur. 1 to 1,000,000.</summary>
    /// <value>The default value is null: 5.</value>
    [Range(1, 1_000_000)]
    public int? MinimumTermRows { get; set; }

    /// <summary>Into how many buckets all terms are hashed, also those that training rows do not show. Each bucket is an input. 2 to 100,000.</summary>
    /// <value>The default value is null: each of the most frequent terms is an input, and others are left out.</value>
    [Range(2, 100_000)]
    public int? TermBuckets { get; set; }

    /// <summary>Whether A to Z differ from a to z. Other letters are always as they are.</summary>
    /// <value>The default value is null: no.</value>
    public bool? KeepCase { get; set; }

    /// <summary>Turns a text into a bag of its terms.</summary>
    /// <param name="terms">What a text is cut into.</param>
    /// <param name="weight">What a term counts.</param>
    /// <param name="maximumTerms">The greatest number of terms; null for the default.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe BagOfTerms(TextTerms terms = TextTerms.Words, TermWeight weight = Preprocessing.TermWeight.Count, int? maximumTerms = null)
    {
        (Terms, TermWeight, MaximumTerms) = (terms, weight, maximumTerms);
        return this;
    }

    /// <summary>Turns a text into buckets that its terms are hashed into.</summary>
    /// <param name="buckets">Number of buckets, 2 to 100,000.</param>
    /// <param name="terms">What a text is cut into.</param>
    /// <param name="weight">What a term counts.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe HashTerms(int buckets, TextTerms terms = TextTerms.Words, TermWeight weight = Preprocessing.TermWeight.Count)
    {
        (TermBuckets, Terms, TermWeight) = (buckets, terms, weight);
        return this;
    }

    private IEnumerable<object?> TextSettings() => [Terms, ShortestTerm, LongestTerm, TermWeight, MaximumTerms, MinimumTermRows, TermBuckets, KeepCase];

    private void FindTextFailures(Action<string, FormattableString> fail)
    {
        if (LongestTerm < (ShortestTerm ?? 1))
        {
            fail(nameof(LongestTerm), $"must be at least {nameof(ShortestTerm)}, but is {LongestTerm} and {nameof(ShortestTerm)} is {ShortestTerm ?? 1}.");
        }

        if (TermBuckets is not null && MaximumTerms is not null)
        {
            fail(nameof(MaximumTerms), $"must be left out with {nameof(TermBuckets)}, but is set.");
        }

        if (TermBuckets is not null && MinimumTermRows is not null)
        {
            fail(nameof(MinimumTermRows), $"must be left out with {nameof(TermBuckets)}, but is set.");
        }
    }
}
