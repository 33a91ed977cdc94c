using System.Runtime.InteropServices;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The metrics of <see cref="BinaryClassificationMetrics"/> over rows that each stand for a number of rows: every count becomes a sum of weights. With weights that are whole numbers the figures are
/// those of the rows repeated so many times, up to rounding; bins of equal mass may cut within a row.
/// </summary>
/// <remarks>Rows are brought into one order first, so that the same rows give the same bits in any order. Cost: O(n log n).</remarks>
internal static class WeightedBinaryClassification
{
    /// <summary>Replaces the figures of unweighted rows by the weighted ones; numbers of rows stay.</summary>
    /// <param name="metrics">The metrics of the rows without their weights.</param>
    /// <param name="scores">Shape (rows), without NaN.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="weights">Shape (rows), finite and above 0.</param>
    internal static BinaryClassificationMetrics Apply(BinaryClassificationMetrics metrics, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<double> weights)
    {
        var rows = new Row[scores.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new Row(scores[i], labels[i], weights[i]);
        }

        Array.Sort(rows);
        var runs = Group(rows);
        var (positive, negative) = (Sum(runs, r => r.Positive), Sum(runs, r => r.Negative));
        metrics = metrics with
        {
            Auc = Auc(runs, positive, negative),
            AveragePrecision = AveragePrecision(runs, positive),
            Confusion = Confusion(runs, metrics.Threshold),
        };
        if (metrics.Calibration.Count == 0)
        {
            return metrics;
        }

        var probabilities = Group(Array.ConvertAll(rows, r => r with { Score = Math.Clamp(r.Score, 0, 1) }));
        var (byWidth, byMass) = (new CalibrationBin[BinaryClassificationMetrics.CalibrationBinCount], new CalibrationBin[BinaryClassificationMetrics.CalibrationBinCount]);
        EqualWidth(probabilities, byWidth);
        EqualMass(probabilities, positive + negative, byMass);
        return metrics with
        {
            LogLoss = -Sum(probabilities, r => (r.Positive * Math.Log(LogLoss.Clip(r.Score))) + (r.Negative * Math.Log(LogLoss.Clip(1 - r.Score)))) / (positive + negative),
            Brier = Sum(probabilities, r => (r.Positive * (1 - r.Score) * (1 - r.Score)) + (r.Negative * r.Score * r.Score)) / (positive + negative),
            ExpectedCalibrationError = CalibrationCurve.ExpectedError(byWidth),
            EqualMassCalibrationError = CalibrationCurve.ExpectedError(byMass),
            MaximumCalibrationError = CalibrationCurve.MaximumError(byWidth),
            Calibration = Array.AsReadOnly(byWidth),
        };
    }

    /// <summary>Runs of equal scores, ascending.</summary>
    private static List<Run> Group(Row[] ascending)
    {
        var runs = new List<Run>();
        foreach (var row in ascending)
        {
            if (runs.Count == 0 || runs[^1].Score != row.Score)
            {
                runs.Add(new Run(row.Score, 0, 0));
            }

            ref var run = ref CollectionsMarshal.AsSpan(runs)[^1];
            run = row.Label == 1 ? run with { Positive = run.Positive + row.Weight } : run with { Negative = run.Negative + row.Weight };
        }

        return runs;
    }

    private static double Auc(List<Run> runs, double positive, double negative)
    {
        var (below, right) = (0.0, 0.0);
        foreach (var run in runs)
        {
            right += run.Positive * (below + (run.Negative / 2));
            below += run.Negative;
        }

        return right / (positive * negative);
    }

    private static double AveragePrecision(List<Run> runs, double positive)
    {
        var (truePositives, falsePositives, sum) = (0.0, 0.0, 0.0);
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            truePositives += runs[i].Positive;
            falsePositives += runs[i].Negative;
            sum += runs[i].Positive * (truePositives / (truePositives + falsePositives));
        }

        return sum / positive;
    }

    private static ConfusionCounts Confusion(List<Run> runs, double threshold) => new(
        Sum(runs, r => r.Score >= threshold ? r.Positive : 0),
        Sum(runs, r => r.Score >= threshold ? r.Negative : 0),
        Sum(runs, r => r.Score >= threshold ? 0 : r.Negative),
        Sum(runs, r => r.Score >= threshold ? 0 : r.Positive));

    private static void EqualWidth(List<Run> runs, Span<CalibrationBin> bins)
    {
        var next = 0;
        for (var b = 0; b < bins.Length; b++)
        {
            var (lower, upper) = (b / (double)bins.Length, (b + 1) / (double)bins.Length);
            var (count, scores, positive) = (0.0, 0.0, 0.0);
            for (; next < runs.Count && (b == bins.Length - 1 || runs[next].Score < upper); next++)
            {
                count += runs[next].Weight;
                scores += runs[next].Weight * runs[next].Score;
                positive += runs[next].Positive;
            }

            bins[b] = new(lower, upper, count, scores / count, positive / count);
        }
    }

    private static void EqualMass(List<Run> runs, double weight, Span<CalibrationBin> bins)
    {
        var (run, left) = (0, runs[0].Weight);
        for (var b = 0; b < bins.Length; b++)
        {
            var missing = weight / bins.Length;
            var (count, scores, positive, lower, upper) = (0.0, 0.0, 0.0, double.NaN, double.NaN);
            while (missing > 0)
            {
                var isLast = run == runs.Count - 1;

                // Rounding may leave a hair at the end, which is the last bin's.
                var taken = isLast && b == bins.Length - 1 ? left : Math.Min(missing, left);
                lower = double.IsNaN(lower) ? runs[run].Score : lower;
                upper = runs[run].Score;
                count += taken;
                scores += taken * runs[run].Score;
                positive += taken * (runs[run].Positive / runs[run].Weight);
                missing -= taken;
                left -= taken;
                if (left > 0)
                {
                    continue;
                }

                if (isLast)
                {
                    break;
                }

                left = runs[++run].Weight;
            }

            bins[b] = new(lower, upper, count, scores / count, positive / count);
        }
    }

    private static double Sum(List<Run> runs, Func<Run, double> term)
    {
        var sum = 0.0;
        foreach (var run in runs)
        {
            sum += term(run);
        }

        return sum;
    }

    private readonly record struct Row(double Score, byte Label, double Weight) : IComparable<Row>
    {
        public int CompareTo(Row other)
        {
            var byScore = Score.CompareTo(other.Score);
            var byLabel = Label.CompareTo(other.Label);
            return byScore != 0 ? byScore : byLabel != 0 ? byLabel : Weight.CompareTo(other.Weight);
        }
    }

    private readonly record struct Run(double Score, double Positive, double Negative)
    {
        public double Weight => Positive + Negative;
    }
}
