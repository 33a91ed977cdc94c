namespace Mlp.Runtime.Statistics;

/// <summary>Reliability diagrams and the calibration errors drawn from them.</summary>
/// <remarks>Scores are probabilities in [0, 1], ascending within each class and without NaN. Cost: O(P + N).</remarks>
internal static class CalibrationCurve
{
    /// <summary>Bins of equal width over [0, 1].</summary>
    /// <remarks>
    /// Bin b covers [b/B, (b+1)/B); the last one includes 1. A score equal to an edge goes to the upper bin. Empty bins are kept, with
    /// count 0 and NaN.
    /// </remarks>
    /// <param name="positives">Scores of the positive rows.</param>
    /// <param name="negatives">Scores of the negative rows.</param>
    /// <param name="bins">One slot per bin.</param>
    internal static void EqualWidth(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives, Span<CalibrationBin> bins)
    {
        var positive = 0;
        var negative = 0;
        for (var b = 0; b < bins.Length; b++)
        {
            var lower = b / (double)bins.Length;
            var upper = (b + 1) / (double)bins.Length;
            var last = b == bins.Length - 1;
            var positiveEnd = last ? positives.Length : SortedSearch.CountBelow(positives, upper);
            var negativeEnd = last ? negatives.Length : SortedSearch.CountBelow(negatives, upper);
            long count = positiveEnd - positive + (negativeEnd - negative);
            var scores = Summation.Sum(positives[positive..positiveEnd]) + Summation.Sum(negatives[negative..negativeEnd]);
            bins[b] = new(lower, upper, count, scores / count, (positiveEnd - positive) / (double)count);
            positive = positiveEnd;
            negative = negativeEnd;
        }
    }

    /// <summary>Bins of equal row count.</summary>
    /// <remarks>
    /// Sizes as numpy's array_split: the first n mod B bins hold one row more. A run of tied scores that crosses a boundary is split, and
    /// its positives are shared out in proportion, so that the order of the rows has no say. Edges are the lowest and the highest score of
    /// the bin. With fewer rows than bins the last bins are empty.
    /// </remarks>
    /// <param name="positives">Scores of the positive rows.</param>
    /// <param name="negatives">Scores of the negative rows.</param>
    /// <param name="bins">One slot per bin.</param>
    internal static void EqualMass(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives, Span<CalibrationBin> bins)
    {
        var (perBin, larger) = Math.DivRem(positives.Length + negatives.Length, bins.Length);
        var runs = new TiedRuns(positives, negatives);
        for (var b = 0; b < bins.Length; b++)
        {
            var size = b < larger ? perBin + 1 : perBin;
            var lower = double.NaN;
            var scores = 0.0;
            var positiveRows = 0.0;
            for (var missing = size; missing > 0;)
            {
                runs.MoveToRows();
                lower = missing == size ? runs.Score : lower;
                var taken = Math.Min(missing, runs.RowsLeft);
                scores += taken * runs.Score;
                positiveRows += taken * runs.PositiveShare;
                runs.RowsLeft -= taken;
                missing -= taken;
            }

            bins[b] = new(lower, size == 0 ? double.NaN : runs.Score, size, scores / size, positiveRows / size);
        }
    }

    /// <summary>
    /// ECE = Σ_b n_b/n · |mean score − positive share| (Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning",
    /// 2015). NaN without rows.
    /// </summary>
    /// <param name="bins">A reliability diagram; empty bins count nothing.</param>
    internal static double ExpectedError(ReadOnlySpan<CalibrationBin> bins)
    {
        var rows = 0.0;
        var sum = 0.0;
        foreach (var bin in bins)
        {
            if (bin.Count > 0)
            {
                rows += bin.Count;
                sum += bin.Count * Math.Abs(bin.MeanScore - bin.PositiveShare);
            }
        }

        return sum / rows;
    }

    /// <summary>MCE = max_b |mean score − positive share| over the bins that have rows (Naeini et al., 2015). NaN without rows.</summary>
    /// <param name="bins">A reliability diagram.</param>
    internal static double MaximumError(ReadOnlySpan<CalibrationBin> bins)
    {
        var largest = double.NaN;
        foreach (var bin in bins)
        {
            if (bin.Count > 0)
            {
                largest = double.MaxNumber(largest, Math.Abs(bin.MeanScore - bin.PositiveShare));
            }
        }

        return largest;
    }

    // Walks both classes upward, one run of equal scores at a time.
    private ref struct TiedRuns(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
    {
        private ReadOnlySpan<double> _positives = positives;
        private ReadOnlySpan<double> _negatives = negatives;

        public double Score { get; private set; }

        public double PositiveShare { get; private set; }

        public int RowsLeft { get; set; }

        public void MoveToRows()
        {
            if (RowsLeft > 0)
            {
                return;
            }

            Score = Math.Min(FirstOrInfinity(_positives), FirstOrInfinity(_negatives));
            var positive = TakeRun(ref _positives, Score);
            RowsLeft = positive + TakeRun(ref _negatives, Score);
            PositiveShare = positive / (double)RowsLeft;
        }

        private static double FirstOrInfinity(ReadOnlySpan<double> ascending) => ascending.IsEmpty ? double.PositiveInfinity : ascending[0];

        private static int TakeRun(ref ReadOnlySpan<double> ascending, double score)
        {
            var run = 0;
            while (run < ascending.Length && ascending[run] == score)
            {
                run++;
            }

            ascending = ascending[run..];
            return run;
        }
    }
}
