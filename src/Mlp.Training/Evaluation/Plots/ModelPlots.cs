using Mlp.Runtime.Markup;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation.Importance;
using Mlp.Training.Evaluation.LearningCurves;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>Plots of any model: confusion, residuals, learning curve, importance. Pure functions.</summary>
public static class ModelPlots
{
    private const int MaximumClasses = 20;
    private const int MaximumFeatures = 25;
    private const int MaximumPoints = 2000;
    private const double GreatestDrawn = 1e100;

    /// <summary>Draws the rows of a binary classifier by true and predicted class.</summary>
    /// <param name="counts">The rows.</param>
    /// <param name="classNames">Names of the classes 0 and 1; null for their numbers.</param>
    /// <exception cref="ArgumentException">There are not two names.</exception>
    public static SvgPlot Confusion(ConfusionCounts counts, IReadOnlyList<string>? classNames = null)
        => Confusion([counts.TrueNegatives, counts.FalsePositives, counts.FalseNegatives, counts.TruePositives], classNames ?? ["0", "1"]);

    /// <summary>Draws the rows of a classifier by true and predicted class. Colours go by the share of the true class.</summary>
    /// <param name="counts">Rows by true class (first index) and predicted class (second index), shape (classes, classes), row-major; see <see cref="MulticlassMetrics.Confusion"/>.</param>
    /// <param name="classNames">Names of the classes, 2 to 20.</param>
    /// <exception cref="ArgumentException">Names are too few or too many, or counts are not those of the classes, negative or not finite.</exception>
    public static SvgPlot Confusion(IReadOnlyList<double> counts, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(classNames);
        var k = classNames.Count;
        if (k is < 2 or > MaximumClasses || counts.Count != k * k)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected 2 to {MaximumClasses} classes and as many counts as their square, but found {k} classes and {counts.Count} counts."), nameof(counts));
        }

        if (counts.Any(c => !(c >= 0 && double.IsFinite(c))))
        {
            throw new ArgumentException("Expected counts of 0 or more, but found one that is negative or no finite number.", nameof(counts));
        }

        var scale = new ChartScale(0, k, 1);
        var description = "Rows by true and predicted class. " + string.Join(" ", classNames.Select((name, truth) =>
            $"Of {name}: " + string.Join(", ", classNames.Select((said, i) => $"{NumberText.Short(counts[(truth * k) + i])} said {said}")) + "."));
        var canvas = new PlotCanvas("Confusion", description, scale, scale, left: 130, height: 330);
        for (var cell = 0; cell < k * k; cell++)
        {
            WriteCell(canvas, counts, k, cell / k, cell % k);
        }

        for (var i = 0; i < k; i++)
        {
            canvas.Html.Markup($"<text x=\"{canvas.Left - 8}\" y=\"{canvas.Y(k - i - 0.5) + 4}\" text-anchor=\"end\">").Text(PlotCanvas.Cut(classNames[i], 15)).Markup("</text>");
            canvas.Html.Markup($"<text x=\"{canvas.X(i + 0.5)}\" y=\"{canvas.Y(0) + 18}\" text-anchor=\"middle\">").Text(PlotCanvas.Cut(classNames[i], Math.Max(2, 56 / k))).Markup("</text>");
        }

        canvas.Html.Markup($"<text class=\"m\" x=\"{canvas.X(k / 2.0)}\" y=\"{canvas.Y(0) + 40}\" text-anchor=\"middle\">Predicted class</text><text class=\"m\" x=\"{-canvas.Y(k / 2.0)}\" y=\"18\" text-anchor=\"middle\" transform=\"rotate(-90)\">True class</text>");
        return canvas.End();
    }

    /// <summary>Draws what a regression said against by how much it was wrong. Of more than 2,000 rows every n-th is drawn.</summary>
    /// <param name="rows">Labelled predictions of a regression.</param>
    /// <param name="unit">The label's unit; null for none.</param>
    /// <exception cref="ArgumentException">The rows are of another task, a number that is drawn is beyond ±1E+100, or the mean squared error is infinite.</exception>
    public static SvgPlot Residuals(ScoredRows rows, string? unit = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Task != ModelTask.Regression)
        {
            throw new ArgumentException($"Expected rows of a model for {ModelTask.Regression}, but found {rows.Task}.", nameof(rows));
        }

        var (predictions, labels) = (rows.Scores.ToArray(), rows.Labels.ToArray());
        var metrics = RegressionMetrics.ComputeWeighted(predictions, labels, rows.WeightsOrOnes());
        var (count, drawn) = (predictions.Length, Math.Min(predictions.Length, MaximumPoints));
        var points = new (double Said, double Residual)[drawn];
        for (var i = 0; i < drawn; i++)
        {
            var row = (int)((long)i * count / drawn);
            points[i] = (predictions[row], labels[row] - predictions[row]);
            if (Math.Max(Math.Abs(points[i].Said), Math.Abs(points[i].Residual)) > GreatestDrawn)
            {
                throw new ArgumentException(FormattableString.Invariant($"Expected predictions and labels that an axis can show, within ±{GreatestDrawn}, but row {row} is beyond."), nameof(rows));
            }
        }

        if (!double.IsFinite(metrics.RootMeanSquaredError))
        {
            throw new ArgumentException("Expected predictions and labels whose mean squared error is a finite number, but theirs is beyond float64.", nameof(rows));
        }

        var suffix = unit is null ? string.Empty : $" ({unit})";
        var description = $"Label less prediction against prediction, {count} rows. Root mean squared error {NumberText.Short(metrics.RootMeanSquaredError)}, mean error {NumberText.Short(metrics.MeanError)}.";
        var (x, y) = (ChartScale.Over(points.Select(p => p.Said)), ChartScale.Over(points.Select(p => p.Residual).Append(0)));
        var canvas = new PlotCanvas("Residuals", description, x, y).Axes($"Prediction{suffix}", $"Label − prediction{suffix}").Reference(x.Least, 0, x.Greatest, 0);
        foreach (var (said, residual) in points)
        {
            canvas.Dot(0, said, residual, 2.2, 0.45);
        }

        return canvas.End();
    }

    /// <summary>Draws a learning curve: the metric on holdout and training rows, with one standard deviation of the repeats as a band.</summary>
    /// <param name="curve">The curve.</param>
    public static SvgPlot LearningCurve(LearningCurve curve)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var name = MetricRule.Name(curve.Metric);
        (double X, double Low, double High)[] Band(Func<LearningCurvePoint, (double Mean, double Deviation)> of)
            => [.. curve.Points.Select(p => ((double)p.RowCount, of(p).Mean - Deviation(of(p).Deviation), of(p).Mean + Deviation(of(p).Deviation)))];

        var (holdout, training) = (Band(p => (p.Holdout, p.HoldoutDeviation)), Band(p => (p.Training, p.TrainingDeviation)));
        var x = ChartScale.Over(curve.Points.Select(p => (double)p.RowCount).Append(0), least: 0);
        double[] ends = [.. holdout.Concat(training).SelectMany(p => new[] { p.Low, p.High })];
        var y = ChartScale.Over(ends, least: ends.Min() < 0 ? double.NegativeInfinity : 0);
        var canvas = new PlotCanvas("Learning curve", $"{name} against rows trained on. {curve.Advice}", x, y, legend: ["Holdout", "Training rows"]).Axes("Rows trained on", name);
        canvas.Band(0, holdout).Band(1, training);
        canvas.Line(0, curve.Points.Select(p => ((double)p.RowCount, p.Holdout))).Line(1, curve.Points.Select(p => ((double)p.RowCount, p.Training)));
        foreach (var point in curve.Points)
        {
            canvas.Dot(0, point.RowCount, point.Holdout, 3.2, name: $"{point.RowCount} rows: {NumberText.Short(point.Holdout)} on the holdout");
            canvas.Dot(1, point.RowCount, point.Training, 3.2, name: $"{point.RowCount} rows: {NumberText.Short(point.Training)} on the training rows");
        }

        return canvas.End();
    }

    /// <summary>Draws the importance of features, the 25 most important, with one standard deviation of the repeats.</summary>
    /// <param name="importance">What was measured.</param>
    public static SvgPlot Importance(PermutationImportance importance)
    {
        ArgumentNullException.ThrowIfNull(importance);
        return Importance(importance.Features, $"Loss of {MetricRule.Name(importance.Metric)} when permuted");
    }

    /// <summary>Draws the importance that a model gives of itself, as trees do, the 25 greatest.</summary>
    /// <param name="importance">Importance by feature.</param>
    /// <param name="unit">What it counts.</param>
    public static SvgPlot Importance(IReadOnlyDictionary<string, double> importance, string unit)
    {
        ArgumentNullException.ThrowIfNull(importance);
        ArgumentNullException.ThrowIfNull(unit);
        return Importance([.. importance.OrderByDescending(p => p.Value).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => new FeatureImportance(p.Key, p.Value, 0, []))], unit);
    }

    private static SvgPlot Importance(IReadOnlyList<FeatureImportance> features, string unit)
    {
        if (features.Count == 0)
        {
            throw new ArgumentException("Expected the importance of at least one feature, but found none.", nameof(features));
        }

        if (features.FirstOrDefault(f => !double.IsFinite(f.Importance) || double.IsInfinity(f.Deviation)) is { } unfit)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected a finite importance of every feature, but that of '{unfit.Name}' is {unfit.Importance} ± {unfit.Deviation}."), nameof(features));
        }

        List<FeatureImportance> shown = [.. features.Take(MaximumFeatures)];
        double[] ends = [.. shown.SelectMany(f => new[] { f.Importance - f.Deviation, f.Importance + f.Deviation }), 0];
        var x = ChartScale.Over(ends, least: ends.Min() < 0 ? double.NegativeInfinity : 0);
        var y = new ChartScale(0, shown.Count, 1);
        var description = $"{unit}. " + string.Join("; ", shown.Select(f => $"{f.Name} {NumberText.Short(f.Importance)}")) + ".";
        var canvas = new PlotCanvas("Feature importance", description, x, y, left: 170, height: Math.Max(60, 24.0 * shown.Count)).XAxis(unit, hasGrid: true);
        for (var i = 0; i < shown.Count; i++)
        {
            var (feature, middle) = (shown[i], canvas.Y(shown.Count - i - 0.5));
            var (zero, end) = (canvas.X(0), canvas.X(feature.Importance));
            canvas.Html.Markup($"<rect class=\"f0\" x=\"{Math.Min(zero, end)}\" y=\"{middle - 8}\" width=\"{PlotCanvas.Round(Math.Abs(end - zero))}\" height=\"16\" fill-opacity=\".8\">").Element("<title>", $"{feature.Name}: {NumberText.Short(feature.Importance)} ± {NumberText.Short(feature.Deviation)}", "</title></rect>");
            if (feature.Deviation > 0)
            {
                canvas.Html.Markup($"<path class=\"a\" d=\"M{canvas.X(feature.Importance - feature.Deviation)} {middle}H{canvas.X(feature.Importance + feature.Deviation)}\"/>");
            }

            canvas.Html.Markup($"<text x=\"{canvas.Left - 8}\" y=\"{middle + 4}\" text-anchor=\"end\">").Text(PlotCanvas.Cut(feature.Name, 22)).Markup("</text>");
        }

        return canvas.End();
    }

    private static void WriteCell(PlotCanvas canvas, IReadOnlyList<double> counts, int k, int truth, int said)
    {
        var (count, total) = (counts[(truth * k) + said], counts.Skip(truth * k).Take(k).Sum());
        var share = total > 0 ? count / total : 0;
        var (left, top) = (canvas.X(said), canvas.Y(k - truth));
        var (width, height) = (PlotCanvas.Round(canvas.X(said + 1) - left), PlotCanvas.Round(canvas.Y(k - truth - 1) - top));
        canvas.Html.Markup($"<rect class=\"{new MarkupWord(said == truth ? "f0" : "f1")}\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill-opacity=\"{Math.Round(0.04 + (0.5 * share), 3)}\"/>");
        canvas.Html.Markup($"<text x=\"{PlotCanvas.Round(left + (width / 2))}\" y=\"{PlotCanvas.Round(top + (height / 2)) + (k <= 6 ? -2 : 4)}\" text-anchor=\"middle\" font-size=\"{(k <= 6 ? 14 : k <= 10 ? 11 : 8)}\">").Text(NumberText.Short(count)).Markup("</text>");
        if (k <= 6)
        {
            canvas.Html.Markup($"<text x=\"{PlotCanvas.Round(left + (width / 2))}\" y=\"{PlotCanvas.Round(top + (height / 2)) + 16}\" text-anchor=\"middle\">").Text($"{NumberText.Short(100 * share)} %").Markup("</text>");
        }
    }

    private static double Deviation(double deviation) => double.IsNaN(deviation) ? 0 : deviation;
}
