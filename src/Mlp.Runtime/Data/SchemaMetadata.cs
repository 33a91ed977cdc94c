namespace Mlp.Runtime.Data;

/// <summary>Keys of the metadata in the Arrow schemas of our files. A dot parts a thing from what is said of it.</summary>
internal static class SchemaMetadata
{
    /// <summary>Of a schema: what the table is.</summary>
    public const string Format = "mlp.format";

    /// <summary>Of a schema: in which version of its format the table is.</summary>
    public const string FormatVersion = "mlp.format.version";

    /// <summary>Of a schema: name of the model.</summary>
    public const string Model = "mlp.model";

    /// <summary>Of a schema: version of the model.</summary>
    public const string ModelVersion = "mlp.model.version";

    /// <summary>Of a schema: SHA-256 of the model's ONNX file.</summary>
    public const string ModelHash = "mlp.model.sha256";

    /// <summary>Of a schema: name of the feature service.</summary>
    public const string FeatureService = "mlp.feature_service";

    /// <summary>Of a schema: version of the feature service.</summary>
    public const string FeatureServiceVersion = "mlp.feature_service.version";

    /// <summary>Of a schema: fingerprint of the feature service's definition.</summary>
    public const string FeatureServiceFingerprint = "mlp.feature_service.fingerprint";

    /// <summary>Of a schema: names of the parts of the entity key in their order, a JSON array of texts.</summary>
    public const string EntityKeyNames = "mlp.entity_key.names";

    /// <summary>Of a column: name of the feature whose values it holds.</summary>
    public const string Feature = "mlp.feature";

    /// <summary>Of a column: name of the feature whose statuses it holds.</summary>
    public const string FeatureStatus = "mlp.feature.status";

    /// <summary>Of a column: name of the view that the feature comes from.</summary>
    public const string View = "mlp.view";

    /// <summary>Of a column: name of the view whose event times it holds.</summary>
    public const string ViewEventTime = "mlp.view.event_time";

    /// <summary>Of a column: name of the part of the entity key that it holds.</summary>
    public const string EntityKey = "mlp.entity_key";

    /// <summary>What a prediction log says that it is.</summary>
    public const string PredictionLogFormat = "mlp-predictions";
}
