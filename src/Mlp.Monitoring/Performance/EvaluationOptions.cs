namespace Mlp.Monitoring.Performance;

/// <summary>Which predictions live quality is computed from, and how they are grouped.</summary>
public sealed class EvaluationOptions
{
    /// <summary>One version only, or null for all that have logged predictions.</summary>
    public int? Version { get; set; }

    private static readonly TimeSpan LongestMaturity = TimeSpan.FromDays(36_500);

    /// <summary>First request time, or null for the beginning.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Request time to stop before, or null for the end.</summary>
    public DateTimeOffset? To { get; set; }

    /// <summary>Length of a window of request times, above 0; null for one window over the whole range.</summary>
    public TimeSpan? Window { get; set; }

    /// <summary>From the start of one window to that of the next, above 0; null for <see cref="Window"/>, whose windows do not overlap. Windows start at whole slides since 1970, or at <see cref="From"/>.</summary>
    public TimeSpan? Slide { get; set; }

    /// <summary>
    /// How long labels are waited for, 0 to 36,500 days: a prediction younger than this is left out, whether its label has come or not. Without it the labels that come first decide the figure, and those are seldom like
    /// the others.
    /// </summary>
    /// <value>The default value is 0: every prediction counts.</value>
    public TimeSpan Maturity { get; set; }

    /// <summary>Whether each role in which the version answered has a result of its own beside that of all.</summary>
    public bool ByVariant { get; set; }

    /// <summary>The parts of the traffic that have results of their own beside that of all.</summary>
    public IList<SliceDefinition> Slices { get; } = [];

    /// <summary>Values of a slice that have a result, the most frequent first, 1 to 10,000; the rest is one more, called <c>(other)</c>.</summary>
    /// <value>The default value is 20.</value>
    public int MaximumSliceCount { get; set; } = 20;

    /// <summary>Quantiles that a regression's quantile loss is computed for, each above 0 and below 1.</summary>
    /// <value>The default value is 0.5.</value>
    public IList<double> Quantiles { get; } = [0.5];

    /// <summary>The rank up to which NDCG looks, at least 1.</summary>
    /// <value>The default value is 10.</value>
    public int RankingCutoff { get; set; } = 10;

    /// <summary>What groups the answers to one query of a ranking model; null for the request that they were made for.</summary>
    public SliceDefinition? Query { get; set; }

    /// <summary>Whether figures without a formula for their error, such as average precision, get an interval too, by 200 samples with replacement (seeded, at most 20,000 rows each).</summary>
    /// <value>The default value is true.</value>
    public bool Bootstrap { get; set; } = true;

    /// <summary>Refuses what cannot be evaluated.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    internal void Validate()
    {
        Require(Window is null || Window > TimeSpan.Zero, nameof(Window), "a span above 0", Window);
        Require(Slide is null || (Slide > TimeSpan.Zero && Window is not null), nameof(Slide), "a span above 0 beside a window", Slide);
        Require(Maturity >= TimeSpan.Zero && Maturity <= LongestMaturity, nameof(Maturity), $"a span of 0 to {LongestMaturity.Days} days", Maturity);
        Require(!Slices.Contains(null!), nameof(Slices), "definitions", "null");
        Require(MaximumSliceCount is >= 1 and <= 10_000, nameof(MaximumSliceCount), "1 to 10000", MaximumSliceCount);
        Require(RankingCutoff >= 1, nameof(RankingCutoff), "1 or more", RankingCutoff);
        Require(Quantiles.All(q => q is > 0 and < 1), nameof(Quantiles), "numbers above 0 and below 1", string.Join(", ", Quantiles));
        Require(From is null || To is null || From < To, nameof(To), "a time behind the first one", To);
    }

    private static void Require(bool isRight, string name, string expected, object? found)
    {
        if (!isRight)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {name} to be {expected}, but found {found}."), name);
        }
    }
}
