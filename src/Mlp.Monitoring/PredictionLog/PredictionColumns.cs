namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// Names of the columns of a logged prediction. Each feature follows as a nullable column of its own type under its own name, with its status beside it and the event time of its view.
/// A feature whose name is taken by one of these columns is called <c>feature__</c> and its name; every feature column says in its metadata which feature it holds (<see cref="FeatureKey"/>).
/// </summary>
public static class PredictionColumns
{
    /// <summary>Identifies the prediction: 16 bytes, big-endian UUID.</summary>
    public const string PredictionId = "prediction_id";

    /// <summary>The time that the features were read for: timestamp, microseconds UTC.</summary>
    public const string EventTime = "event_time";

    /// <summary>When the call came in: timestamp, microseconds UTC.</summary>
    public const string LoggedTime = "logged_time";

    /// <summary>Version of the model: int32.</summary>
    public const string ModelVersion = "model_version";

    /// <summary>The role that the version served in, for example <c>champion</c>: text.</summary>
    public const string Variant = "variant";

    /// <summary>How the call ended: uint8, the numbers of <see cref="Runtime.Predictions.PredictionOutcome"/>.</summary>
    public const string Outcome = "outcome";

    /// <summary>How long the call took: int64, nanoseconds.</summary>
    public const string Latency = "latency_ns";

    /// <summary>The entity key in its canonical encoding (<see cref="Runtime.Data.EntityKeyEncoding"/>): binary; null when the caller brought the features.</summary>
    public const string EntityKey = "entity_key";

    /// <summary>Trace of the caller: 16 bytes, or null.</summary>
    public const string TraceId = "trace_id";

    /// <summary>Labels that the caller gave: a map of text to text, or null when there are none.</summary>
    public const string Tags = "tags";

    /// <summary>
    /// Of a shadow's prediction: the prediction that was served for the same call, by which labels join it: 16 bytes; null for a prediction that was served. Logs that were written
    /// before there were shadows read as if they had the column.
    /// </summary>
    public const string ShadowOf = "shadow_of";

    /// <summary>The score: float64, in which the scores of float32 models are exact; null unless the model answered.</summary>
    public const string Score = "score";

    /// <summary>The whole row of the score output: list of float64, null unless the model answered. Absent for a model whose score output has exactly one column.</summary>
    public const string Outputs = "outputs";

    /// <summary>Metadata key of a feature column: the name of the feature.</summary>
    public const string FeatureKey = "mlp.feature";

    /// <summary>Metadata key of a feature column: the name of the view that the feature comes from.</summary>
    public const string ViewKey = "mlp.view";

    /// <summary>Metadata key of the schema: the model name.</summary>
    public const string ModelKey = "mlp.model";

    /// <summary>Metadata key of the schema: the model version.</summary>
    public const string ModelVersionKey = "mlp.model_version";

    /// <summary>Metadata key of the schema: name of the feature service that was read from; absent when the caller brought the features.</summary>
    public const string ServiceKey = "mlp.feature_service";

    /// <summary>Metadata key of the schema: version of the feature service.</summary>
    public const string ServiceVersionKey = "mlp.feature_service_version";

    /// <summary>Metadata key of the schema: fingerprint of the feature service's definition.</summary>
    public const string ServiceFingerprintKey = "mlp.feature_service_fingerprint";

    /// <summary>Metadata key of the schema: the names of the parts of <see cref="EntityKey"/> in their order, a JSON array of texts.</summary>
    public const string EntityKeyNamesKey = "mlp.entity_key_names";

    /// <summary>The status of a feature: uint8, the numbers of <see cref="Runtime.Data.FeatureStatus"/>.</summary>
    /// <param name="column">Name of the feature's column.</param>
    /// <returns>Column name.</returns>
    public static string StatusOf(string column) => column + "__status";

    /// <summary>The event time of the row that a view's features came from: timestamp, microseconds UTC; null where no row is known.</summary>
    /// <param name="view">Name of the view.</param>
    /// <returns>Column name.</returns>
    public static string EventTimeOf(string view) => view + "__event_time";
}
