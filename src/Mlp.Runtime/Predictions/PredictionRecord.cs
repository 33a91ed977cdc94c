using System.Diagnostics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Predictions;

/// <summary>
/// Everything about one prediction, lent to observers for the length of the call: the spans and <see cref="Features"/> belong to the inference slot, so an observer copies what it keeps.
/// </summary>
public readonly ref struct PredictionRecord
{
    /// <summary>Identifies the prediction.</summary>
    public required PredictionId Id { get; init; }

    /// <summary>The time that the features were read for, microseconds.</summary>
    public required long EventTime { get; init; }

    /// <summary>When the call came in, microseconds of the platform's clock.</summary>
    public required long LoggedTime { get; init; }

    /// <summary>How long the call took, nanoseconds.</summary>
    public required long LatencyNanoseconds { get; init; }

    /// <summary>How the call ended.</summary>
    public required PredictionOutcome Outcome { get; init; }

    /// <summary>The entity keys in the order of the service's <see cref="FeatureServiceDescription.Keys"/>; empty when the caller brought the features.</summary>
    public ReadOnlySpan<EntityValue> Keys { get; init; }

    /// <summary>The features as the model saw them.</summary>
    public required FeatureRows Features { get; init; }

    /// <summary>The row of <see cref="Features"/>.</summary>
    public required int Row { get; init; }

    /// <summary>The row of the score output as float64, in which float32 outputs are exact; empty unless the outcome is Ok.</summary>
    public ReadOnlySpan<double> Outputs { get; init; }

    /// <summary>Trace of the caller; default when there is none.</summary>
    public ActivityTraceId TraceId { get; init; }

    /// <summary>
    /// Of a shadow's prediction: the prediction that was served to the caller for the same call. Labels are recorded for that one, and join the shadow's by it. Default for a prediction
    /// that was served.
    /// </summary>
    public PredictionId ShadowOf { get; init; }

    /// <summary>Labels that the caller gave; empty when there are none.</summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Tags { get; init; }

    /// <summary>Keys and request of the call, where a shadow reads features of its own by them.</summary>
    internal IShadowCall? Call { get; init; }
}
