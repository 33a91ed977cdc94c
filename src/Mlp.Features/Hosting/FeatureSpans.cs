namespace Mlp.Features.Hosting;

/// <summary>Names of the spans of <see cref="FeatureActivities"/>; docs/telemetry.md lists them.</summary>
internal static class FeatureSpans
{
    /// <summary>An ingest.</summary>
    public const string Ingest = "mlp.features.ingest";

    /// <summary>The making of a training set.</summary>
    public const string TrainingSet = "mlp.features.training_set";

    /// <summary>A materialization.</summary>
    public const string Materialize = "mlp.features.materialize";

    /// <summary>A compaction.</summary>
    public const string Compact = "mlp.features.compact";

    /// <summary>A deletion of an entity.</summary>
    public const string DeleteEntity = "mlp.features.delete_entity";
}
