namespace Mlp.Monitoring.Labels;

/// <summary>
/// Names of the columns of recorded labels. Each row has either a prediction or a model, an entity key and an event time. Readers find columns by name; one that is absent reads null, and one that is
/// not known is passed over.
/// </summary>
public static class LabelColumns
{
    /// <summary>Identifies the label: 16 bytes, big-endian UUID version 7, which grows with the order in which a process records.</summary>
    public const string LabelId = "label_id";

    /// <summary>Which truth it is: text, <c>label</c> where nobody named it.</summary>
    public const string Name = "label_name";

    /// <summary>The answer that was served: 16 bytes, big-endian UUID; null for a label of an entity.</summary>
    public const string PredictionId = "prediction_id";

    /// <summary>The model that was asked about the entity: text; null for a label of a prediction.</summary>
    public const string Model = "model";

    /// <summary>The entity key in its canonical encoding (<see cref="Runtime.Data.EntityKeyEncoding"/>): binary; null for a label of a prediction.</summary>
    public const string EntityKey = "entity_key";

    /// <summary>The time that the entity was asked about: timestamp, microseconds UTC; null for a label of a prediction.</summary>
    public const string EventTime = "event_time";

    /// <summary>The truth: float64; null for a label that was retracted.</summary>
    public const string Value = "value";

    /// <summary>When it became known: timestamp, microseconds UTC.</summary>
    public const string ObservedTime = "observed_time";

    /// <summary>When it was recorded: timestamp, microseconds UTC.</summary>
    public const string RecordedTime = "recorded_time";
}
