using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>The tests of the whole vector. Pure functions.</summary>
internal static class VectorTests
{
    /// <summary>AUC above which a classifier tells the rows apart: Evidently's.</summary>
    public const double AucThreshold = 0.55;

    private const double VarianceShare = 0.65;
    private const int MaximumRows = 10_000;
    private const int SmallestRows = 200;
    private const int MaximumCells = 2_000_000;
    private const int MinimumChunks = 5;
    private const int MaximumChunks = 20;

    /// <summary>Rows that are sampled of each side.</summary>
    public static int LimitFor(int columnCount) => Math.Clamp(MaximumCells / Math.Max(columnCount, 1), 1_000, MaximumRows);

    /// <summary>Runs both; none with fewer than 200 rows on a side, or without a column that varies.</summary>
    /// <param name="reference">Rows of the reference.</param>
    /// <param name="current">Rows of the window.</param>
    /// <param name="encoding">The encoding, learned on the reference.</param>
    /// <param name="estimator">The classifier.</param>
    /// <param name="significance">The chance of an alarm where nothing has changed.</param>
    public static IReadOnlyList<VectorDrift> Run(RowSample reference, RowSample current, VectorEncoding encoding, IEstimator estimator, double significance)
    {
        if (Math.Min(reference.RowCount, current.RowCount) < SmallestRows || encoding.ColumnCount == 0)
        {
            return [];
        }

        var (x, y) = (encoding.Encode(reference), encoding.Encode(current));
        return [Classify(x, y, encoding.ColumnCount, estimator, significance), Reconstruct(x, y, encoding.ColumnCount)];
    }

    private static VectorDrift Classify(double[] reference, double[] current, int columnCount, IEstimator estimator, double significance)
    {
        var (auc, p) = DomainClassifierTest.Run(
            VectorEncoding.WithSquares(reference, columnCount), VectorEncoding.WithSquares(current, columnCount), 2 * columnCount, estimator, seed: 1);
        return new()
        {
            Test = "domain-classifier",
            Statistic = auc,
            Threshold = AucThreshold,
            PValue = p,
            ReferenceRowCount = reference.Length / columnCount,
            RowCount = current.Length / columnCount,
            IsDrifted = auc > AucThreshold && p <= significance,
        };
    }

    // NannyML's rule: mean and three standard deviations of the chunks of the reference, in the order of time.
    private static VectorDrift Reconstruct(double[] reference, double[] current, int columnCount)
    {
        var (n, m) = (reference.Length / columnCount, current.Length / columnCount);
        var components = PrincipalComponents.Fit(reference, columnCount, VarianceShare);
        var (before, now) = (new double[n], new double[m]);
        components.ReconstructionErrors(reference, before);
        components.ReconstructionErrors(current, now);
        var chunks = Math.Clamp(n / m, MinimumChunks, MaximumChunks);
        double[] means = [.. Enumerable.Range(0, chunks).Select(c => before[(c * n / chunks)..((c + 1) * n / chunks)].Average()).Order()];
        var summary = NumericSummary.Of(means);
        var (lower, upper) = (Math.Max(summary.Mean - (3 * summary.StandardDeviation), 0), summary.Mean + (3 * summary.StandardDeviation));
        var error = now.Average();
        return new()
        {
            Test = "pca-reconstruction",
            Statistic = error,
            Threshold = upper,
            LowerThreshold = lower,
            ReferenceRowCount = n,
            RowCount = m,
            IsDrifted = !(error >= lower && error <= upper),
        };
    }
}
