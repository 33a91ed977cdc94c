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
    private const int HalvesSeed = 2;

    /// <summary>Rows that are sampled of each side.</summary>
    public static int LimitFor(int columnCount) => Math.Clamp(MaximumCells / Math.Max(columnCount, 1), 1_000, MaximumRows);

    /// <summary>Runs both; none with fewer than 200 rows on a side, or without a column that varies. The verdict waits for the correction of all p-values of the report.</summary>
    /// <param name="reference">Rows of the reference.</param>
    /// <param name="current">Rows of the window.</param>
    /// <param name="encoding">The encoding, learned on the reference.</param>
    /// <param name="estimator">The classifier.</param>
    public static IReadOnlyList<VectorDrift> Run(RowSample reference, RowSample current, VectorEncoding encoding, IEstimator estimator)
    {
        if (Math.Min(reference.RowCount, current.RowCount) < SmallestRows || encoding.ColumnCount == 0)
        {
            return [];
        }

        var (x, y) = (encoding.Encode(reference), encoding.Encode(current));
        return [Classify(x, y, encoding.ColumnCount, estimator), Reconstruct(x, y, encoding.ColumnCount)];
    }

    private static VectorDrift Classify(double[] reference, double[] current, int columnCount, IEstimator estimator)
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
            IsDrifted = false,
        };
    }

    // The mean and its bounds are NannyML's: three standard deviations of the means of the reference's chunks, in the order of time. Alone they alarm in a tenth of stable windows, as a few chunks say little of how far the mean of a
    // window of another size may be off.
    private static VectorDrift Reconstruct(double[] reference, double[] current, int columnCount)
    {
        var (n, m) = (reference.Length / columnCount, current.Length / columnCount);
        var components = PrincipalComponents.Fit(reference, columnCount, VarianceShare);
        var before = Errors(components, reference, n);
        var chunks = Math.Clamp(n / m, MinimumChunks, MaximumChunks);
        double[] means = [.. Enumerable.Range(0, chunks).Select(c => before[(c * n / chunks)..((c + 1) * n / chunks)].Average()).Order()];
        var summary = NumericSummary.Of(means);
        return new()
        {
            Test = "pca-reconstruction",
            Statistic = Errors(components, current, m).Average(),
            Threshold = summary.Mean + (3 * summary.StandardDeviation),
            LowerThreshold = Math.Max(summary.Mean - (3 * summary.StandardDeviation), 0),
            PValue = ReconstructionPValue(reference, current, columnCount),
            ReferenceRowCount = n,
            RowCount = m,
            IsDrifted = false,
        };
    }

    // Errors of rows that the components were not fitted on are exchangeable where nothing has changed: Kolmogorov-Smirnov of the window's against those of each half of the reference by the components of the other. The halves depend on each
    // other: twice the smaller chance holds for any dependence.
    private static double ReconstructionPValue(double[] reference, double[] current, int columnCount)
    {
        var rows = Enumerable.Range(0, reference.Length / columnCount).ToArray();
        new Random(HalvesSeed).Shuffle(rows);
        double[][] halves = [Select(rows[..(rows.Length / 2)]), Select(rows[(rows.Length / 2)..])];
        return Math.Min(2 * Math.Min(Of(halves[0], halves[1]), Of(halves[1], halves[0])), 1);

        double[] Select(int[] chosen) => [.. chosen.Order().SelectMany(row => reference[(row * columnCount)..((row + 1) * columnCount)])];

        double Of(double[] fitted, double[] other)
        {
            var components = PrincipalComponents.Fit(fitted, columnCount, VarianceShare);
            var (n, m) = (other.Length / columnCount, current.Length / columnCount);
            var gap = DistributionDistances.KolmogorovSmirnov(SampleDistribution.OfSorted([.. Errors(components, other, n).Order()]), SampleDistribution.OfSorted([.. Errors(components, current, m).Order()]));
            return FeatureTests.KolmogorovSmirnovPValue(gap, n, m);
        }
    }

    private static double[] Errors(PrincipalComponents components, double[] rows, int rowCount)
    {
        var errors = new double[rowCount];
        components.ReconstructionErrors(rows, errors);
        return errors;
    }
}
