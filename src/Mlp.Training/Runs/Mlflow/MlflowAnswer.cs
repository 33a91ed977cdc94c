using System.Text.Json.Nodes;

namespace Mlp.Training.Runs.Mlflow;

/// <summary>An answer of MLflow: its body, or an error that the caller asked to be told of.</summary>
/// <param name="ErrorCode">MLflow's code; null when the request was accepted.</param>
/// <param name="Body">The body; an empty object where there is none.</param>
internal readonly record struct MlflowAnswer(string? ErrorCode, JsonObject Body);
