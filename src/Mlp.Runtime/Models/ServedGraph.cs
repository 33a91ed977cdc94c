using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Models;

/// <summary>A published version as it is served: its file may have been rewritten so that a caller gets tensors, and its manifest says what the served file declares.</summary>
/// <param name="Manifest">The manifest, with the signature of the served file and with class names where the file knows them and the manifest had none.</param>
/// <param name="Onnx">The file to create a session on.</param>
internal sealed record ServedGraph(ModelManifest Manifest, ReadOnlyMemory<byte> Onnx)
{
    /// <summary>Rewrites what must be.</summary>
    /// <param name="manifest">The published version.</param>
    /// <param name="onnx">Its file.</param>
    public static ServedGraph Create(ModelManifest manifest, ReadOnlyMemory<byte> onnx)
    {
        var rewrite = ZipMapRewrite.Apply(manifest.Name, onnx, manifest.Signature);
        return rewrite.ClassNames.Count == 0
            ? new ServedGraph(manifest, onnx)
            : new ServedGraph(manifest with { Signature = rewrite.Signature, Output = WithClassNames(manifest.Output, rewrite) }, rewrite.Onnx);
    }

    /// <summary>Names the classes after the keys of the maps, where nobody has named them.</summary>
    /// <param name="output">What the outputs mean.</param>
    /// <param name="rewrite">What was rewritten.</param>
    public static ModelOutput WithClassNames(ModelOutput output, ZipMapRewrite rewrite)
    {
        var fits = output.ClassNames.Count == 0 && rewrite.ClassNames.TryGetValue(output.ScoreOutput, out var names)
            && (output.Task == ModelTask.MulticlassClassification ? names.Count >= 2 : output.Task == ModelTask.BinaryClassification && names.Count == 2);
        return fits ? output with { ClassNames = rewrite.ClassNames[output.ScoreOutput] } : output;
    }
}
