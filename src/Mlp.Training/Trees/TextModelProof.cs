using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Proves the ONNX file of a text model against LightGBM, or where its library is not there against the scorer that repeats it.</summary>
/// <param name="model">The trees.</param>
/// <param name="options">How they are written.</param>
internal sealed partial class TextModelProof(LightGbmModel model, TreeConversionOptions options)
{
    /// <summary>Largest difference of raw scores, relative to those above 1, that sums in float64 keep.</summary>
    public const double Tolerance = 2e-6;

    private const string ScoringParameters = "verbosity=-1";

    private bool IsWide => options.InputType == FeatureType.Float64;

    /// <summary>Runs the file.</summary>
    /// <param name="package">The package without its proof.</param>
    /// <param name="rows">Shape (rows, features), row-major; empty for rows made from the thresholds.</param>
    /// <param name="tolerance">Largest difference of raw scores.</param>
    /// <param name="goldenRowCount">How many rows are kept.</param>
    /// <param name="cancellationToken">Ends the proof between runs.</param>
    /// <exception cref="ExportRefusedException">They differ by more.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public ModelPackage Complete(ModelPackage package, ReadOnlySpan<double> rows, double tolerance, int goldenRowCount, CancellationToken cancellationToken)
    {
        var features = package.Features!;
        var table = TableOf(features, rows.IsEmpty ? ThresholdRows.Create(model, IsWide) : rows);
        using var booster = TryLoad();
        using var summed = OnnxScorer.Open("exported", WithRawScores(package.Onnx), features, new ModelOutput { Task = ModelTask.Ranking, ScoreOutput = LightGbmModel.RawScoreOutput });
        var proof = OnnxExporter.Prove(summed, Set(table, booster, isRaw: true), Limits(tolerance), cancellationToken);

        using var file = OnnxScorer.Open("exported", package.Onnx, features, package.Output);
        OnnxExporter.Prove(file, Set(table, booster, isRaw: false), Limits(Math.Max(tolerance, OnnxExporter.Tolerance)), cancellationToken);
        return package with
        {
            ExportProof = proof,
            GoldenRows = GoldenRowSample.Take(file, table, 0, goldenRowCount, OnnxExporter.Tolerance, scale: 1, cancellationToken),
        };
    }

    private static ProofLimits Limits(double tolerance)
        => new(tolerance, tolerance, tolerance, $" {nameof(TreePrecision)}.{nameof(TreePrecision.Float64)} keeps the sums of the leaves; a tolerance of your own lets more through.");

    private FeatureTable TableOf(IReadOnlyList<FeatureColumn> features, ReadOnlySpan<double> rows)
    {
        if (IsWide)
        {
            return NumberRows.ToTable(features, rows);
        }

        var narrow = new float[rows.Length];
        for (var i = 0; i < narrow.Length; i++)
        {
            narrow[i] = (float)rows[i];
        }

        return NumberRows.ToTable(features, narrow);
    }

    private ReadOnlyMemory<byte> WithRawScores(ReadOnlyMemory<byte> onnx) => options.IncludeRawScore
        ? onnx
        : model.ToOnnx(new() { Operator = options.Operator, Precision = options.Precision, InputType = options.InputType, IncludeRawScore = true });

    private ProofSet Set(FeatureTable table, LightGbmBooster? booster, bool isRaw) => ProofSet.Create(table, 0, Score(table, booster, isRaw), (_, changed) => Score(changed, booster, isRaw));

    private float[] Score(FeatureTable table, LightGbmBooster? booster, bool isRaw)
    {
        var scores = new double[table.RowCount * model.ScoreCount];
        var rows = Widen(NumberRows.Of(table));
        var width = model.FeatureNames.Count;
        booster?.Predict(rows, width, LightGbmNative.RawScore, scores, ScoringParameters);
        for (var row = 0; row < table.RowCount; row++)
        {
            var said = scores.AsSpan(row * model.ScoreCount, model.ScoreCount);
            if (booster is null)
            {
                model.PredictRaw(rows.AsSpan(row * width, width), said);
            }
            else
            {
                // Of a forest the library gives sums where the model has means.
                TensorPrimitives.Multiply(said, model.LeafFactor, said);
            }

            if (!isRaw)
            {
                model.Known.Apply(said);
            }
        }

        return Array.ConvertAll(scores, s => (float)s);
    }

    private double[] Widen(FeatureRows rows)
    {
        if (IsWide)
        {
            return rows.Float64.ToArray();
        }

        var wide = new double[rows.Float32.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = rows.Float32[i];
        }

        return wide;
    }

    // The library believes what a text says of itself: without the sizes of the trees it looks for them, and where it would give another number of scores it is not asked.
    private LightGbmBooster? TryLoad()
    {
        if (model.ClassCount != model.ScoreCount)
        {
            return null;
        }

        try
        {
            return LightGbmBooster.Load(TreeSizes().Replace(model.Text, string.Empty));
        }
        catch (Exception e) when (e is MissingNativePackageException or PlatformNotSupportedException or LightGbmException)
        {
            return null;
        }
    }

    [GeneratedRegex("^tree_sizes=.*\n", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex TreeSizes();
}
