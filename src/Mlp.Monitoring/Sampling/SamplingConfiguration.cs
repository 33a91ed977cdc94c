namespace Mlp.Monitoring.Sampling;

/// <summary>The validated settings of a model's sampling: what the running code sees.</summary>
/// <param name="Rate">The share that is kept, 0 to 1.</param>
/// <param name="Unit">What is drawn.</param>
/// <param name="KeepsFailures">Whether predictions without an answer are kept.</param>
/// <param name="ThresholdMargin">Scores this near to the threshold are kept; NaN for none.</param>
/// <param name="KeptTags">Names of tags.</param>
/// <param name="Rule">The application's rule, or null.</param>
internal sealed record SamplingConfiguration(double Rate, SamplingUnit Unit, bool KeepsFailures, double ThresholdMargin, IReadOnlyList<string> KeptTags, PredictionRule? Rule)
{
    public static SamplingConfiguration From(SamplingOptions options)
        => new(options.Rate, options.Unit, options.KeepFailures, options.ThresholdMargin ?? double.NaN, [.. options.KeptTags], options.Rule);
}
