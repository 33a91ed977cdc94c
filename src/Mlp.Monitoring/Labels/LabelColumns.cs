namespace Mlp.Monitoring.Labels;

/// <summary>Names of the columns of recorded labels.</summary>
public static class LabelColumns
{
    /// <summary>Identifies the prediction: 16 bytes, big-endian UUID.</summary>
    public const string PredictionId = "prediction_id";

    /// <summary>The truth: float64.</summary>
    public const string Label = "label";

    /// <summary>When it became known: timestamp, microseconds UTC.</summary>
    public const string ObservedTime = "observed_time";

    /// <summary>When it was recorded: timestamp, microseconds UTC.</summary>
    public const string RecordedTime = "recorded_time";
}
