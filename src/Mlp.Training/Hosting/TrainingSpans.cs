namespace Mlp.Training.Hosting;

/// <summary>Names of the spans of <see cref="TrainingActivities"/>; docs/telemetry.md lists them.</summary>
internal static class TrainingSpans
{
    /// <summary>The training of a network or of trees.</summary>
    public const string Fit = "mlp.training.fit";

    /// <summary>The export of a model and its proof.</summary>
    public const string Export = "mlp.training.export";
}
