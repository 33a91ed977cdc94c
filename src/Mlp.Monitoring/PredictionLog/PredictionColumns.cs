using Mlp.Runtime.Data;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// Names of the columns of a logged prediction. Readers find columns by name; one that is absent reads null, and one that is not known is passed over.
/// <para>
/// What the model brings has a prefix that no other column begins with: <c>f_</c> for features and their statuses, <c>k_</c> for the parts of the entity key, <c>v_</c> for views. Where two of these
/// names differ in nothing but case, or a feature is called like the status of another, the later one has its prefix once more. Each of these columns says in its metadata what it holds
/// (<see cref="FeatureKey"/>, <see cref="FeatureStatusKey"/>, <see cref="EntityKeyKey"/>, <see cref="ViewEventTimeKey"/>).
/// </para>
/// </summary>
public static class PredictionColumns
{
    /// <summary>Identifies the prediction: 16 bytes, big-endian UUID.</summary>
    public const string PredictionId = "prediction_id";

    /// <summary>Identifies the answer that was served for the same request, by which labels are recorded: 16 bytes, big-endian UUID; the prediction's own id when it was the one served.</summary>
    public const string RequestId = "request_id";

    /// <summary>The time that the features were read for: timestamp, microseconds UTC.</summary>
    public const string EventTime = "event_time";

    /// <summary>When the call came in: timestamp, microseconds UTC.</summary>
    public const string RequestTime = "request_time";

    /// <summary>Version of the model: int32.</summary>
    public const string ModelVersion = "model_version";

    /// <summary>The role that the version served in, for example <c>champion</c>: text.</summary>
    public const string Variant = "variant";

    /// <summary>How the call ended: uint8, the numbers of <see cref="Runtime.Predictions.PredictionOutcome"/>.</summary>
    public const string Outcome = "outcome";

    /// <summary>How many predictions this one stands for: float64 above 0, 1 where every prediction was logged.</summary>
    public const string SamplingWeight = "sampling_weight";

    /// <summary>How long the call took: int64, nanoseconds.</summary>
    public const string Latency = "latency_ns";

    /// <summary>How long the features were read: int64, nanoseconds; null when it was not measured.</summary>
    public const string FeatureLatency = "latency_features_ns";

    /// <summary>How long the call waited for its turn: int64, nanoseconds; null when it was not measured.</summary>
    public const string QueueLatency = "latency_queue_ns";

    /// <summary>How long the model ran: int64, nanoseconds; null when it was not measured.</summary>
    public const string RunLatency = "latency_run_ns";

    /// <summary>The entity key in its canonical encoding (<see cref="EntityKeyEncoding"/>): binary; null when the caller brought the features.</summary>
    public const string EntityKey = "entity_key";

    /// <summary>Trace of the caller: 16 bytes, or null.</summary>
    public const string TraceId = "trace_id";

    /// <summary>Labels that the caller gave: a map of text to text, or null when there are none.</summary>
    public const string Tags = "tags";

    /// <summary>The score: float64, in which the scores of float32 models are exact; null unless the model answered.</summary>
    public const string Score = "score";

    /// <summary>The whole row of the score output: list of float64, null unless the model answered. Absent for a model whose score output has exactly one column.</summary>
    public const string Scores = "scores";

    /// <summary>Metadata key of a feature column: the name of the feature.</summary>
    public const string FeatureKey = SchemaMetadata.Feature;

    /// <summary>Metadata key of a column with a redacted feature: the name of the feature. It stands in place of <see cref="FeatureKey"/>, since the values are not those that the model saw.</summary>
    public const string RedactedFeatureKey = "mlp.feature.redacted";

    /// <summary>
    /// Metadata key of the columns of a redacted feature or part of the key: <c>erase</c>, <c>hmac-sha256:</c> and 8 hexadecimal digits that tell keys from each other, or <c>bucket:</c> and the width. Of
    /// an erased feature there is the column of its status only.
    /// </summary>
    public const string RedactionKey = "mlp.redaction";

    /// <summary>Metadata key of a status column: the name of the feature.</summary>
    public const string FeatureStatusKey = SchemaMetadata.FeatureStatus;

    /// <summary>Metadata key of a feature column: the name of the view that the feature comes from.</summary>
    public const string ViewKey = SchemaMetadata.View;

    /// <summary>Metadata key of a column of event times: the name of the view.</summary>
    public const string ViewEventTimeKey = SchemaMetadata.ViewEventTime;

    /// <summary>Metadata key of a key column: the name of the part of the entity key.</summary>
    public const string EntityKeyKey = SchemaMetadata.EntityKey;

    /// <summary>Metadata key of the schema: <see cref="FormatName"/>.</summary>
    public const string FormatKey = SchemaMetadata.Format;

    /// <summary>Metadata key of the schema: version of the format.</summary>
    public const string FormatVersionKey = SchemaMetadata.FormatVersion;

    /// <summary>What the schema says that it is. <c>ScoreAsync</c> takes such a table as it is: it finds the features under their prefix.</summary>
    public const string FormatName = SchemaMetadata.PredictionLogFormat;

    /// <summary>Metadata key of the schema: the model name.</summary>
    public const string ModelKey = SchemaMetadata.Model;

    /// <summary>Metadata key of the schema: the model version.</summary>
    public const string ModelVersionKey = SchemaMetadata.ModelVersion;

    /// <summary>Metadata key of the schema: name of the feature service that was read from; absent when the caller brought the features.</summary>
    public const string ServiceKey = SchemaMetadata.FeatureService;

    /// <summary>Metadata key of the schema: version of the feature service.</summary>
    public const string ServiceVersionKey = SchemaMetadata.FeatureServiceVersion;

    /// <summary>Metadata key of the schema: fingerprint of the feature service's definition.</summary>
    public const string ServiceFingerprintKey = SchemaMetadata.FeatureServiceFingerprint;

    /// <summary>Metadata key of the schema: the names of the parts of <see cref="EntityKey"/> in their order, a JSON array of texts.</summary>
    public const string EntityKeyNamesKey = SchemaMetadata.EntityKeyNames;

    internal const string FeaturePrefix = "f_";

    internal const string KeyPrefix = "k_";

    internal const string ViewPrefix = "v_";

    /// <summary>A feature: a nullable column of its own type, null unless its status is present.</summary>
    /// <param name="feature">Name of the feature.</param>
    /// <returns>Column name.</returns>
    public static string FeatureOf(string feature) => FeaturePrefix + feature;

    /// <summary>The status of a feature: uint8, the numbers of <see cref="Runtime.Data.FeatureStatus"/>.</summary>
    /// <param name="feature">Name of the feature.</param>
    /// <returns>Column name.</returns>
    public static string StatusOf(string feature) => FeaturePrefix + feature + "__status";

    /// <summary>A part of the entity key: int64 or text (a GUID as text of 36 characters); null where there is no key.</summary>
    /// <param name="key">Name of the part.</param>
    /// <returns>Column name.</returns>
    public static string KeyOf(string key) => KeyPrefix + key;

    /// <summary>The event time of the row that a view's features came from: timestamp, microseconds UTC; null where no row is known.</summary>
    /// <param name="view">Name of the view.</param>
    /// <returns>Column name.</returns>
    public static string EventTimeOf(string view) => ViewPrefix + view + "__event_time";
}
