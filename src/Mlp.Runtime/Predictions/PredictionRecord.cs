using System.Diagnostics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Predictions;

/// <summary>
/// Everything about one prediction, lent to observers for the length of the call: the spans and <see cref="Features"/> show memory of the inference slot, to read and not to
/// write, so an observer copies what it keeps.
/// </summary>
public readonly ref struct PredictionRecord
{
    /// <summary>Begins a record of a prediction that stands for itself alone.</summary>
    public PredictionRecord() => SamplingWeight = 1;

    /// <summary>Identifies the prediction.</summary>
    public required PredictionId Id { get; init; }

    /// <summary>
    /// The id of the answer that was served for the same request, by which labels are recorded: that of the champion for a shadow's prediction. The default is <see cref="Id"/>: this
    /// answer was the one served.
    /// </summary>
    public PredictionId RequestId
    {
        get => field == default ? Id : field;
        init;
    }

    /// <summary>The time that the features were read for, microseconds.</summary>
    public required long EventTime { get; init; }

    /// <summary>When the call came in, microseconds of the platform's clock.</summary>
    public required long RequestTime { get; init; }

    /// <summary>How long the call took, nanoseconds.</summary>
    public required long LatencyNanoseconds { get; init; }

    /// <summary>How long the features were read, nanoseconds; null, the default, when it was not measured.</summary>
    public long? FeatureLatencyNanoseconds
    {
        get => Read(StoredFeatureLatency);
        init => StoredFeatureLatency = value + 1 ?? 0;
    }

    /// <summary>How long the call waited for its turn, nanoseconds; null, the default, when it was not measured.</summary>
    public long? QueueLatencyNanoseconds
    {
        get => Read(StoredQueueLatency);
        init => StoredQueueLatency = value + 1 ?? 0;
    }

    /// <summary>How long the model ran, nanoseconds; null, the default, when it was not measured.</summary>
    public long? RunLatencyNanoseconds
    {
        get => Read(StoredRunLatency);
        init => StoredRunLatency = value + 1 ?? 0;
    }

    /// <summary>How many predictions this one stands for: 1 divided by the chance at which it was recorded. The default is 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number above 0.</exception>
    public double SamplingWeight
    {
        get;
        init => field = SamplingWeights.IsValid(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a sampling weight that is finite and above 0.");
    }

    /// <summary>How the call ended.</summary>
    public required PredictionOutcome Outcome { get; init; }

    /// <summary>The entity keys in the order of the service's <see cref="FeatureServiceDescription.Keys"/>; empty when the caller brought the features.</summary>
    public ReadOnlySpan<EntityValue> Keys { get; init; }

    /// <summary>The features as the model saw them.</summary>
    public required FeatureRow Features { get; init; }

    /// <summary>The row of the score output as float64, in which float32 outputs are exact; empty unless the outcome is Ok.</summary>
    public ReadOnlySpan<double> Scores { get; init; }

    /// <summary>Trace of the caller; default when there is none.</summary>
    public ActivityTraceId TraceId { get; init; }

    /// <summary>Labels that the caller gave; empty when there are none.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Tags { get; init; }

    /// <summary>Keys and request of the call, where a shadow reads features of its own by them.</summary>
    internal IShadowCall? Call { get; init; }

    /// <summary>The request of a call by entity, where a sink wants it (<see cref="IRequestSink"/>); null where there was none.</summary>
    internal KeptRequest? Request { get; init; }

    /// <summary>One more than <see cref="FeatureLatencyNanoseconds"/>, 0 for null: half as wide, and the record is copied for every prediction.</summary>
    internal long StoredFeatureLatency { get; private init; }

    /// <summary>One more than <see cref="QueueLatencyNanoseconds"/>, 0 for null.</summary>
    internal long StoredQueueLatency { get; private init; }

    /// <summary>One more than <see cref="RunLatencyNanoseconds"/>, 0 for null.</summary>
    internal long StoredRunLatency { get; private init; }

    private static long? Read(long stored) => stored == 0 ? null : stored - 1;
}
