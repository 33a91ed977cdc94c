namespace Mlp.Runtime.Inference;

/// <summary>Names of the spans of <see cref="RuntimeActivities"/>; docs/telemetry.md lists them.</summary>
internal static class RuntimeSpans
{
    /// <summary>A call.</summary>
    public const string Predict = "mlp.predict";

    /// <summary>The load of a version.</summary>
    public const string Load = "mlp.model.load";

    /// <summary>The scoring of a table.</summary>
    public const string Score = "mlp.score";

    /// <summary>The scoring of a file.</summary>
    public const string ScoreFile = "mlp.score.file";
}
