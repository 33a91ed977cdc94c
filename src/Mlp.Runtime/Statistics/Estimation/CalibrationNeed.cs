namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>Whether scores come closer to probabilities when they are calibrated.</summary>
internal static class CalibrationNeed
{
    private const int SplitCount = 10;
    private const int BinCount = 10;
    private const double TestShare = 0.1;
    private const uint Seed = 42;

    /// <summary>Beyond this area scores that set the classes apart would only lose by calibration.</summary>
    private const double GreatestAuc = 0.999;

    /// <summary>
    /// NannyML's test: an isotonic function is fitted on the greater part of ten stratified random splits and applied to the smaller; calibration is needed where it lowers the expected calibration error, over
    /// bins of equal count, of the ten smaller parts together.
    /// </summary>
    /// <remarks>False with a single class, with fewer than two rows of one, and where the area is above 0.999.</remarks>
    /// <param name="scores">Shape (rows), finite.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    internal static bool Test(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        using (var classes = ClassScores.Create(scores, labels))
        {
            if (classes.Positives.Length < 2 || classes.Negatives.Length < 2 || RocAuc.Compute(classes.Positives, classes.Negatives) > GreatestAuc)
            {
                return false;
            }
        }

        var splits = new StratifiedSplits(labels, Seed);
        var (before, after, truth) = (new List<double>(), new List<double>(), new List<byte>());
        for (var split = 0; split < SplitCount; split++)
        {
            var (train, test) = splits.Next(TestShare);
            var map = IsotonicRegression.Fit(Pick(scores, train), Pick(labels, train));
            foreach (var row in test)
            {
                before.Add(scores[row]);
                after.Add(map.Predict(scores[row]));
                truth.Add(labels[row]);
            }
        }

        return before.Count >= 4 && ExpectedError([.. before], [.. truth]) > ExpectedError([.. after], [.. truth]);
    }

    private static double ExpectedError(double[] scores, byte[] labels)
    {
        // Stable, so that rows of one score are cut in their own order.
        var order = Enumerable.Range(0, scores.Length).OrderBy(i => scores[i]).ToArray();
        var bins = scores.Length <= 2 * BinCount ? scores.Length / 2 : BinCount;
        var width = scores.Length / bins;
        var error = 0.0;
        for (var b = 0; b < bins; b++)
        {
            var (start, end) = (b * width, b == bins - 1 ? scores.Length : (b + 1) * width);
            var (score, label) = (0.0, 0.0);
            for (var i = start; i < end; i++)
            {
                score += scores[order[i]];
                label += labels[order[i]];
            }

            error += Math.Abs(score - label) / scores.Length;
        }

        return error;
    }

    private static T[] Pick<T>(ReadOnlySpan<T> values, int[] rows)
    {
        var picked = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            picked[i] = values[rows[i]];
        }

        return picked;
    }
}
