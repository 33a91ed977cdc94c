namespace Mlp.Runtime.Statistics;

/// <summary>Whether a classifier can tell the rows of two samples apart (Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", 2017): it sees what no feature alone shows.</summary>
internal static class DomainClassifierTest
{
    private const int FoldCount = 2;
    private const int SmallestFold = 5;

    /// <summary>
    /// The mean AUC of two stratified halves, each scored by a model fitted on the other, and the chance of it where the samples come from one distribution. Scores of rows that a model has not seen are exchangeable
    /// then, so that the AUC of a half with n and m rows has mean ½ and variance (n + m + 1)/(12·n·m) (Mann and Whitney, 1947), near normal. The halves depend on each other: p is twice the smaller of theirs, which
    /// holds for any dependence. (The mean over five folds with a variance as if they were independent alarms in 16 of 100 windows at 0.05.)
    /// </summary>
    /// <param name="reference">Shape (rows, columns), row-major, finite; at least 10 rows.</param>
    /// <param name="current">Shape (rows, columns); at least 10 rows.</param>
    /// <param name="columnCount">Columns, at least 1.</param>
    /// <param name="estimator">The classifier.</param>
    /// <param name="seed">Of the folds.</param>
    /// <returns>AUC (0.5 where they cannot be told apart) and p-value; NaN with too few rows.</returns>
    internal static (double Auc, double PValue) Run(ReadOnlyMemory<double> reference, ReadOnlyMemory<double> current, int columnCount, IEstimator estimator, int seed)
    {
        var (n, m) = (reference.Length / columnCount, current.Length / columnCount);
        if (Math.Min(n, m) < SmallestFold * FoldCount)
        {
            return (double.NaN, double.NaN);
        }

        var random = new Random(seed);
        var (foldOfReference, foldOfCurrent) = (Deal(n, random), Deal(m, random));
        var (sum, smallest) = (0.0, 1.0);
        for (var fold = 0; fold < FoldCount; fold++)
        {
            var (train, trainLabels) = Select(reference, foldOfReference, current, foldOfCurrent, columnCount, f => f != fold);
            var (test, testLabels) = Select(reference, foldOfReference, current, foldOfCurrent, columnCount, f => f == fold);
            var scores = new double[testLabels.Length];
            estimator.Fit(train, columnCount, trainLabels, (ulong)(seed + fold)).Score(test, scores);
            double[] positives = [.. scores.Where((_, i) => testLabels[i] == 1).Order()];
            double[] negatives = [.. scores.Where((_, i) => testLabels[i] == 0).Order()];
            var auc = RocAuc.Compute(positives, negatives);
            sum += auc;
            smallest = Math.Min(smallest, UpperTail((auc - 0.5) / Math.Sqrt((testLabels.Length + 1) / (12.0 * positives.Length * negatives.Length))));
        }

        return (sum / FoldCount, Math.Min(FoldCount * smallest, 1));
    }

    /// <summary>P(Z ≥ z) of the standard normal, from the square of Z.</summary>
    private static double UpperTail(double z)
    {
        var half = ChiSquareDistribution.Survival(z * z, 1) / 2;
        return z >= 0 ? half : 1 - half;
    }

    private static int[] Deal(int count, Random random)
    {
        var folds = new int[count];
        for (var i = 0; i < count; i++)
        {
            folds[i] = i % FoldCount;
        }

        random.Shuffle(folds);
        return folds;
    }

    private static (double[] Rows, byte[] Labels) Select(
        ReadOnlyMemory<double> reference, int[] foldOfReference, ReadOnlyMemory<double> current, int[] foldOfCurrent, int columnCount, Func<int, bool> isWanted)
    {
        var rowCount = foldOfReference.Count(isWanted) + foldOfCurrent.Count(isWanted);
        var (rows, labels) = (new double[rowCount * columnCount], new byte[rowCount]);
        var next = 0;
        Take(reference.Span, foldOfReference, 0);
        Take(current.Span, foldOfCurrent, 1);
        return (rows, labels);

        void Take(ReadOnlySpan<double> source, int[] folds, byte label)
        {
            for (var i = 0; i < folds.Length; i++)
            {
                if (isWanted(folds[i]))
                {
                    source.Slice(i * columnCount, columnCount).CopyTo(rows.AsSpan(next * columnCount));
                    labels[next++] = label;
                }
            }
        }
    }
}
