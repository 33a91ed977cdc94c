using System.Runtime.InteropServices;
using System.Text.Json;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>Proves the file of an application's own module against the module.</summary>
internal static class ModuleProof
{
    /// <summary>Name of the file's input.</summary>
    public const string InputName = "input";

    /// <summary>Where a file's metadata has the proof.</summary>
    public const string MetadataKey = ModelFileDescription.ProofKey;

    private const string View = "module";

    private const string StillTraining = " Call eval() on the module before.";

    private const string WaysOut =
        $" Read the module again if its weights have changed since; if its numbers differ by rounding alone, raise {nameof(ModuleExportOptions)}.{nameof(ModuleExportOptions.Tolerance)}.";

    private const int LongestList = 1024;

    /// <summary>Runs file and module, and adds features, proof and golden rows to the package.</summary>
    /// <param name="package">The file and what its output means.</param>
    /// <param name="module">The module.</param>
    /// <param name="sample">Rows as the module takes them.</param>
    /// <param name="options">What may differ, and how many rows are kept.</param>
    /// <param name="cancellationToken">Ends the proof between runs.</param>
    /// <exception cref="ExportRefusedException">They differ by more.</exception>
    /// <exception cref="ArgumentException">The module has no finite answer to the sample.</exception>
    public static ModelPackage Complete(ModelPackage package, Sequential module, Tensor sample, ModuleExportOptions options, CancellationToken cancellationToken)
    {
        using var dense = sample.contiguous();
        var values = MemoryMarshal.Cast<byte, float>(dense.bytes);
        var width = values.Length / (int)sample.shape[0];
        var table = NumberRows.ToTable(FeaturesOf(sample, width), values);
        var answers = Score(table);
        if (!answers.Any(float.IsFinite))
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected a sample to which the module has finite answers, but those to all {table.RowCount} rows are NaN or infinite, and prove nothing."), nameof(sample));
        }

        var spread = package.Output.Task == ModelTask.Regression ? LeastDeviation(answers, answers.Length / table.RowCount) : 1;
        var set = ProofSet.Create(table, 0, answers, (_, changed) => Score(changed), spread);
        using var file = OnnxScorer.Open("exported", package.Onnx, table.Layout.Columns, package.Output, batchSize: ExportProver.BatchFor(width));
        var limits = new ProofLimits(options.Tolerance, options.UnusualTolerance, options.UnusualTolerance, module.modules().Any(m => m.training) ? StillTraining : WaysOut, "the module's answers to the sample");
        var proof = OnnxExporter.Prove(file, set, limits, cancellationToken);
        return package with
        {
            Onnx = LineageStamp.Set(package.Onnx, MetadataKey, JsonSerializer.Serialize(proof, ModelManifestJsonContext.Default.ExportProof)),
            Features = table.Layout.Columns,
            ExportProof = proof,
            GoldenRows = GoldenRowSample.Take(file, table, 0, options.GoldenRowCount, OnnxExporter.Tolerance, set.Scale, cancellationToken),
        };

        float[] Score(FeatureTable rows)
        {
            using var gradients = torch.no_grad();
            using var scope = torch.NewDisposeScope();
            var input = torch.tensor(NumberRows.Of(rows).Float32.ToArray(), [rows.RowCount, .. sample.shape.Skip(1)]);
            return MemoryMarshal.Cast<byte, float>(module.forward(input).contiguous().bytes).ToArray();
        }
    }

    // One scale for all outputs: the least one allows none of them more than its own would.
    private static double LeastDeviation(float[] answers, int width)
        => Enumerable.Range(0, width).Min(output => Deviation([.. answers.Where((a, i) => i % width == output && float.IsFinite(a)).Select(a => (double)a)]));

    private static double Deviation(double[] values)
    {
        var mean = values.DefaultIfEmpty().Average();
        return Math.Sqrt(values.DefaultIfEmpty().Average(v => (v - mean) * (v - mean)));
    }

    // The features of a list are told apart; an image is one value, or as few as hold it.
    private static FeatureColumn[] FeaturesOf(Tensor sample, int width)
    {
        var length = sample.dim() == 2 && width <= LongestList ? 1 : VectorLength.Maximum;
        return width > 1 && width <= length
            ? [new FeatureColumn(InputName, FeatureType.Float32, View) { Length = width }]
            : [.. Enumerable.Range(0, (width + length - 1) / length).Select(i => new FeatureColumn(FormattableString.Invariant($"{InputName}[{i}]"), FeatureType.Float32, View)
            {
                Length = Math.Min(length, width - (i * length)),
            })];
    }
}
