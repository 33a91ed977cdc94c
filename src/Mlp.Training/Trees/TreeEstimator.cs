using Mlp.Runtime.Statistics;
using Mlp.Training.Interop;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>
/// Tells two kinds of rows apart by boosted trees of LightGBM: unlike a linear estimator it also sees that columns depend on each other in another way. Small trees with many rows per
/// leaf, on one thread; the same rows, labels and seed give the same scores. Immutable; safe for use by many threads.
/// </summary>
public sealed class TreeEstimator : IEstimator
{
    private readonly int _iterations;

    /// <summary>Creates the estimator.</summary>
    /// <param name="iterations">Number of trees, 1 to 10,000; 100 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside.</exception>
    public TreeEstimator(int iterations = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(iterations, 10_000);
        _iterations = iterations;
    }

    /// <summary>Whether the application has LightGBM's native library. Nothing is loaded.</summary>
    public static bool IsAvailable
        => NativeSearchPath.Find(NativeSearchPath.Directories(), OperatingSystem.IsWindows() ? "lib_lightgbm.dll" : OperatingSystem.IsMacOS() ? "lib_lightgbm.dylib" : "lib_lightgbm.so") is not null;

    /// <inheritdoc/>
    /// <exception cref="LightGbmException">LightGBM refuses the rows.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package LightGBM.</exception>
    public IFittedEstimator Fit(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<byte> labels, ulong seed)
    {
        var targets = new float[labels.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = labels[i];
        }

        var parameters = FormattableString.Invariant(
            $"verbosity=-1 objective=binary num_leaves=15 learning_rate=0.05 min_data_in_leaf={Math.Clamp(labels.Length / 50, 1, 50)} lambda_l2=1 feature_fraction=0.9 seed={seed % int.MaxValue} deterministic=true force_row_wise=true");
        using var threads = new LightGbmThreads(1);
        using var dataset = LightGbmDataset.FromMatrix(rows, columnCount, parameters);
        dataset.SetLabels(targets);
        using var booster = LightGbmBooster.Create(dataset, parameters);
        for (var i = 0; i < _iterations && booster.Update(); i++)
        {
        }

        return new Fitted(LightGbmModel.Parse(booster.ToText(0)));
    }

    private sealed class Fitted(LightGbmModel model) : IFittedEstimator
    {
        public void Score(ReadOnlySpan<double> rows, Span<double> scores)
        {
            var width = model.FeatureNames.Count;
            for (var row = 0; row < scores.Length; row++)
            {
                model.PredictRaw(rows.Slice(row * width, width), scores.Slice(row, 1));
            }
        }
    }
}
