namespace Mlp.Training.Runs.Mlflow;

/// <summary>What an export has made.</summary>
/// <param name="ExperimentId">MLflow's id of the experiment.</param>
/// <param name="RunId">MLflow's id of the run.</param>
/// <param name="ShortenedValues">Names of parameters and tags whose values are longer than MLflow takes and were cut.</param>
public sealed record MlflowExport(string ExperimentId, string RunId, IReadOnlyList<string> ShortenedValues);
