using Mlp.Runtime.Markup;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>Plots of binary classifiers; several on one plot compare them. Pure functions.</summary>
public static class ClassifierPlots
{
    private static readonly ChartScale Unit = new(0, 1, 0.2);

    /// <summary>Draws ROC curves with their areas.</summary>
    /// <param name="rows">One set of scores per classifier, at least one.</param>
    /// <exception cref="ArgumentException">There is none, rows are of another task, or a score is no probability.</exception>
    /// <exception cref="TrainingDataException">Rows are of one class.</exception>
    public static SvgPlot Roc(params IReadOnlyList<NamedScores> rows)
    {
        ThrowIfNone(rows);
        List<string> names = [.. rows.Select(r => $"{r.Name}: AUC {Number(Area(ScoreCurves.Roc(r.Rows)))}")];
        var canvas = new PlotCanvas("ROC curve", $"Recall against false alarms. {Join(names)}", Unit, Unit, legend: names).Axes("False positive rate", "True positive rate").Reference(0, 0, 1, 1);
        for (var i = 0; i < rows.Count; i++)
        {
            canvas.Line(i, ScoreCurves.Roc(rows[i].Rows).Select(p => (p.FalsePositiveRate, p.TruePositiveRate)));
        }

        return canvas.End();
    }

    /// <summary>Draws precision-recall curves with their average precision, and the share of class 1, which guessing reaches.</summary>
    /// <inheritdoc cref="Roc"/>
    public static SvgPlot PrecisionRecall(params IReadOnlyList<NamedScores> rows)
    {
        ThrowIfNone(rows);
        List<string> names = [.. rows.Select(r => $"{r.Name}: average precision {Number(AveragePrecision(ScoreCurves.PrecisionRecall(r.Rows)))}")];
        var canvas = new PlotCanvas("Precision-recall curve", $"Precision against recall. {Join(names)}", Unit, Unit, legend: names).Axes("Recall", "Precision");
        for (var i = 0; i < rows.Count; i++)
        {
            var points = ScoreCurves.PrecisionRecall(rows[i].Rows);
            canvas.Reference(0, points[^1].Precision, 1, points[^1].Precision);

            // The precision holds until the threshold falls to the next score: steps, as average precision sums them.
            canvas.Line(i, points.SelectMany((p, k) => new[] { (k == 0 ? 0 : points[k - 1].Recall, p.Precision), (p.Recall, p.Precision) }));
        }

        return canvas.End();
    }

    /// <summary>Draws what was said against what happened, over ten bins of equal width; the area of a point grows with its rows.</summary>
    /// <inheritdoc cref="Roc"/>
    public static SvgPlot Calibration(params IReadOnlyList<NamedScores> rows)
    {
        ThrowIfNone(rows);
        List<BinaryClassificationMetrics> metrics = [.. rows.Select(Measure)];
        List<string> names = [.. rows.Select((r, i) => $"{r.Name}: calibration error {Number(metrics[i].ExpectedCalibrationError)}")];
        var description = "What was said against what happened; on the diagonal it is right. " + string.Join(" ", rows.Select((r, i) =>
            $"{r.Name}: " + string.Join("; ", Filled(metrics[i]).Select(b => $"said {Number(b.MeanScore)}, happened {Number(b.PositiveShare)}")) + "."));
        var canvas = new PlotCanvas("Calibration", description, Unit, Unit, legend: names).Axes("Probability that was said", "Share that happened").Reference(0, 0, 1, 1);
        for (var i = 0; i < rows.Count; i++)
        {
            var bins = Filled(metrics[i]);
            var most = bins.Max(b => b.Count);
            canvas.Line(i, bins.Select(b => (b.MeanScore, b.PositiveShare)));
            foreach (var bin in bins)
            {
                canvas.Dot(i, bin.MeanScore, bin.PositiveShare, 2.5 + (5 * Math.Sqrt(bin.Count / most)), 0.85, $"{rows[i].Name}: said {Number(bin.MeanScore)}, happened {Number(bin.PositiveShare)}, {Number(bin.Count)} rows");
            }
        }

        return canvas.End();
    }

    /// <summary>Draws which share of class 1 is reached by taking the rows of the greatest scores.</summary>
    /// <inheritdoc cref="Roc"/>
    public static SvgPlot Gain(params IReadOnlyList<NamedScores> rows)
    {
        ThrowIfNone(rows);
        List<string> names = [.. rows.Select(r => $"{r.Name}: {Number(100 * At(ScoreCurves.Gain(r.Rows), 0.1))} % in the first tenth")];
        var canvas = new PlotCanvas("Cumulative gain", $"Share of class 1 reached against share of rows taken. {Join(names)}", Unit, Unit, legend: names)
            .Axes("Share of rows taken, greatest scores first", "Share of class 1 reached").Reference(0, 0, 1, 1);
        for (var i = 0; i < rows.Count; i++)
        {
            canvas.Line(i, ScoreCurves.Gain(rows[i].Rows).Select(p => (p.Share, p.Gain)));
        }

        return canvas.End();
    }

    /// <summary>Draws how many times as many rows of class 1 are reached as by taking rows at random.</summary>
    /// <inheritdoc cref="Roc"/>
    public static SvgPlot Lift(params IReadOnlyList<NamedScores> rows)
    {
        ThrowIfNone(rows);

        // The first few rows are chance, and their lift would squeeze the rest.
        List<IReadOnlyList<GainPoint>> curves = [.. rows.Select(r => (IReadOnlyList<GainPoint>)[.. ScoreCurves.Gain(r.Rows).Where(p => p.Share >= 0.01)])];
        List<string> names = [.. rows.Select(r => $"{r.Name}: lift {Number(At(ScoreCurves.Gain(r.Rows), 0.1) / 0.1)} in the first tenth")];
        var scale = ChartScale.Over(curves.SelectMany(c => c.Select(p => p.Lift)).Append(1), least: 0);
        var canvas = new PlotCanvas("Lift", $"Lift over random choice against share of rows taken. {Join(names)}", Unit, scale, legend: names)
            .Axes("Share of rows taken, greatest scores first", "Lift").Reference(0, 1, 1, 1);
        for (var i = 0; i < rows.Count; i++)
        {
            canvas.Line(i, curves[i].Select(p => (p.Share, p.Lift)));
        }

        return canvas.End();
    }

    private static BinaryClassificationMetrics Measure(NamedScores scores)
    {
        ProbabilityCheck.Require(scores.Rows, ModelTask.BinaryClassification);
        var rows = scores.Rows.Counting();
        return BinaryClassificationMetrics.ComputeWeighted(rows.Scores, Array.ConvertAll(rows.Labels.ToArray(), l => (byte)l), rows.WeightsOrOnes(), 0.5);
    }

    private static List<CalibrationBin> Filled(BinaryClassificationMetrics metrics) => [.. metrics.Calibration.Where(b => b.Count > 0)];

    private static double Area(IReadOnlyList<RocPoint> points)
        => points.Zip(points.Skip(1), (a, b) => (b.FalsePositiveRate - a.FalsePositiveRate) * (a.TruePositiveRate + b.TruePositiveRate) / 2).Sum();

    private static double AveragePrecision(IReadOnlyList<PrecisionRecallPoint> points)
        => points.Select((p, i) => p.Precision * (p.Recall - (i == 0 ? 0 : points[i - 1].Recall))).Sum();

    // Between two points the rows of one score are taken in proportion.
    private static double At(IReadOnlyList<GainPoint> points, double share)
    {
        var above = points.TakeWhile(p => p.Share < share).Count();
        var (from, to) = (points[above - 1], points[above]);
        return from.Gain + ((to.Gain - from.Gain) * (share - from.Share) / (to.Share - from.Share));
    }

    private static string Join(IEnumerable<string> sentences) => string.Join(" ", sentences.Select(s => s + "."));

    private static string Number(double value) => NumberText.Short(value);

    private static void ThrowIfNone(IReadOnlyList<NamedScores> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0)
        {
            throw new ArgumentException("Expected scores of at least one classifier, but found none.", nameof(rows));
        }
    }
}
