using System.Globalization;

namespace Mlp.Features.Skew;

/// <summary>How served rows are sampled for the skew check.</summary>
public sealed class SkewCheckOptions
{
    /// <summary>The share of the predictions that is kept, above 0 to 1. Which ones is decided by the id of the prediction.</summary>
    /// <value>The default value is 0.01.</value>
    public double SampleRate { get; set; } = 0.01;

    /// <summary>
    /// How many rows of one model version are kept until the next check at most, 1 to 1 million; rows beyond are dropped and counted. They take memory twice: while some are checked others are collected. A row
    /// has room for its numbers, vectors and keys, 256 bytes for its texts, and as much again for its request where the service has on-demand views.
    /// </summary>
    /// <value>The default value is 1,000.</value>
    public int MaximumRows { get; set; } = 1000;

    /// <summary>Time between two checks that the owner of the data directory makes by itself; null for none but those that are asked for. 1 second to 1 day.</summary>
    /// <value>The default value is null.</value>
    public TimeSpan? Interval { get; set; }

    internal void Check()
    {
        if (Interval is { } interval && (interval < TimeSpan.FromSeconds(1) || interval > TimeSpan.FromDays(1)))
        {
            throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"Expected {nameof(SkewCheckOptions)}.{nameof(Interval)} from 1 second to 1 day, but found {interval}."));
        }

        if (!(SampleRate is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"Expected {nameof(SkewCheckOptions)}.{nameof(SampleRate)} above 0 to 1, but found {SampleRate}."));
        }

        if (MaximumRows is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(null, string.Create(CultureInfo.InvariantCulture, $"Expected {nameof(SkewCheckOptions)}.{nameof(MaximumRows)} from 1 to 1000000, but found {MaximumRows}."));
        }
    }
}
