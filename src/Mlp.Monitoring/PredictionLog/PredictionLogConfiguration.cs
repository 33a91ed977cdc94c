using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>The validated settings of the prediction log: what the running code sees.</summary>
/// <param name="CommitInterval">How often what was logged is flushed to the device.</param>
/// <param name="BufferByteCount">Memory for predictions on their way to the disk, per model version.</param>
/// <param name="MaximumSegmentByteCount">A segment that has this size is sealed and another one begun.</param>
/// <param name="MaximumSegmentAge">A segment of this age is sealed and another one begun.</param>
internal sealed record PredictionLogConfiguration(TimeSpan CommitInterval, int BufferByteCount, long MaximumSegmentByteCount, TimeSpan MaximumSegmentAge)
{
    /// <summary>Rings that callers put their predictions into, a power of two; null for as many as there are processors, up to 8. With one, the log has the order of recording; with more, a caller that changes its processor changes its ring.</summary>
    public int? RingCount { get; init; }

    /// <summary>What is left out, by model or for all.</summary>
    public IReadOnlyDictionary<string, SamplingConfiguration> Sampling { get; init; } = new Dictionary<string, SamplingConfiguration>();

    /// <summary>What is logged in place of personal data, by model or for all.</summary>
    public IReadOnlyDictionary<string, RedactionConfiguration> Redaction { get; init; } = new Dictionary<string, RedactionConfiguration>();

    /// <summary>What is left out of a model's log, or null for nothing.</summary>
    public SamplingConfiguration? SamplingOf(string model) => Find(Sampling, model);

    /// <summary>What is logged in place of a model's personal data, or null for nothing.</summary>
    public RedactionConfiguration? RedactionOf(string model) => Find(Redaction, model);

    public static PredictionLogConfiguration Default { get; } = new(TimeSpan.FromMilliseconds(50), 16 * 1024 * 1024, 256L * 1024 * 1024, TimeSpan.FromHours(1));

    private static T? Find<T>(IReadOnlyDictionary<string, T> byModel, string model)
        where T : class
        => byModel.TryGetValue(model, out var named) || byModel.TryGetValue(MonitoringOptions.AllModels, out named) ? named : null;
}
