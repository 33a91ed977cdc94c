namespace Mlp.Spark.Commands;

/// <summary>How a model runs in the worker. Immutable.</summary>
internal sealed record ScoreOptions
{
    /// <summary>Whether ONNX Runtime runs the model in any case. Unless it is said a managed kernel may stand in, where it agrees with ONNX Runtime and measured faster.</summary>
    public bool OnnxRuntimeOnly { get; init; }
}
