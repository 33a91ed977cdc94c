using Mlp.Runtime.Models;

namespace Mlp.TestSupport;

/// <summary>Manifests of versions that have no model file, for what stands around models.</summary>
public static class TestManifest
{
    /// <summary>A version whose score output is declared and whose features are not.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="version">Version.</param>
    /// <param name="task">What the scores mean.</param>
    /// <param name="scoreOutput">Name of the score output, of float32 (-1, <paramref name="outputs"/>).</param>
    /// <param name="outputs">Columns of the score output, of which the last one is the score.</param>
    public static ModelManifest Of(string name, int version = 1, ModelTask task = ModelTask.Regression, string scoreOutput = "y", int outputs = 1) => new()
    {
        Name = name,
        Version = version,
        CreatedAt = DateTimeOffset.UnixEpoch,
        OnnxSha256 = new string('0', 64),
        OnnxByteCount = 1,
        Signature = new ModelSignature([], [new TensorSpecification(scoreOutput, TensorElementKind.Float32, [-1, outputs])]),
        Output = new ModelOutput { Task = task, ScoreOutput = scoreOutput, ScoreIndex = outputs - 1 },
    };
}
