using Mlp.Runtime.Markup;

namespace Mlp.Training.Evaluation.LearningCurves;

/// <summary>Says whether a learning curve goes on.</summary>
internal static class CurveProjection
{
    private const int MinimumPoints = 3;

    /// <summary>Judges by the last step over the repeats and by the projection to twice the rows.</summary>
    public static (MoreRowsVerdict Verdict, double Gain, string Advice) Judge(
        GateMetric metric, IReadOnlyList<LearningCurveRun> runs, IReadOnlyList<LearningCurvePoint> points, double worthwhile)
    {
        var sign = (int)MetricRule.Improvement(metric, 1, 0);
        var (last, before) = (points[^1], points[^2]);
        double[] steps = [.. runs.Where(r => r.RowCount == last.RowCount).Join(
            runs.Where(r => r.RowCount == before.RowCount), r => r.Repeat, r => r.Repeat, (to, from) => sign * (to.Holdout - from.Holdout))];
        var step = steps.Average();
        var error = steps.Length < 2 ? double.NaN : Math.Sqrt(steps.Sum(s => (s - step) * (s - step)) / (steps.Length - 1) / steps.Length);
        var gain = Gain(points, p => sign > 0 ? 1 - p.Holdout : p.Holdout);
        var least = worthwhile * Math.Abs(sign > 0 ? 1 - last.Holdout : last.Holdout);
        var name = MetricRule.Name(metric);
        var became = $"from {before.RowCount} to {last.RowCount} rows the {name} went from {NumberText.Short(before.Holdout)} to {NumberText.Short(last.Holdout)}";
        var projected = double.IsNaN(gain) ? string.Empty : $", and twice as many rows are projected to better it by {NumberText.Short(gain)}";
        if (double.IsNaN(error) || !double.IsFinite(step))
        {
            return (MoreRowsVerdict.Unclear, gain, $"Whether more rows would help cannot be told from one repeat: {became}{projected}.");
        }

        if (step > 2 * error && (double.IsNaN(gain) ? step : gain) >= least)
        {
            return (MoreRowsVerdict.WouldHelp, gain, $"More rows would likely help: {became} (step {NumberText.Short(step)} ± {NumberText.Short(error)}){projected}.");
        }

        // Flat is what is known to be small, not what is not known.
        return step + (2 * error) < Math.Max(least, 0) || (!double.IsNaN(gain) && gain < least && step <= least)
            ? (MoreRowsVerdict.WouldHardlyHelp, gain, $"More rows would hardly help: {became}{projected}.")
            : (MoreRowsVerdict.Unclear, gain, $"Whether more rows would help cannot be told: {became}, which repeats differ by as much (step {NumberText.Short(step)} ± {NumberText.Short(error)}){projected}.");
    }

    /// <summary>By how much the error falls from the last point to twice its rows on the curve a + b·n^−c of least squares with a, b ≥ 0, c from 0.05 to 2.</summary>
    internal static double Gain(IReadOnlyList<LearningCurvePoint> points, Func<LearningCurvePoint, double> errorOf)
    {
        if (points.Count < MinimumPoints || points.Any(p => !double.IsFinite(p.Holdout)))
        {
            return double.NaN;
        }

        var (best, gain) = (double.PositiveInfinity, double.NaN);
        for (var exponent = 0.05; exponent <= 2.001; exponent += 0.05)
        {
            double[] x = [.. points.Select(p => Math.Pow(p.RowCount, -exponent))];
            double[] y = [.. points.Select(errorOf)];
            var (meanX, meanY) = (x.Average(), y.Average());
            var slope = Math.Max(0, x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX)));
            var offset = meanY - (slope * meanX);
            if (offset < 0)
            {
                (offset, slope) = (0, Math.Max(0, x.Zip(y, (a, b) => a * b).Sum() / x.Sum(a => a * a)));
            }

            var loss = x.Zip(y, (a, b) => (b - offset - (slope * a)) * (b - offset - (slope * a))).Sum();
            if (loss < best)
            {
                best = loss;
                gain = slope * (Math.Pow(points[^1].RowCount, -exponent) - Math.Pow(2.0 * points[^1].RowCount, -exponent));
            }
        }

        return gain;
    }
}
