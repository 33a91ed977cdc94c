using Mlp.Runtime.Markup;
using Mlp.Training.Runs;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>Plots of how a training went. Pure functions.</summary>
public static class TrainingPlots
{
    /// <summary>Draws the losses of a fitted model over its epochs or iterations, and the one that was best.</summary>
    /// <param name="history">See <see cref="IFittedModel.History"/>.</param>
    /// <exception cref="ArgumentException">It is empty, or no loss was measured.</exception>
    public static SvgPlot Losses(IReadOnlyList<TrainingProgress> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count == 0)
        {
            throw new ArgumentException("Expected a training of at least one epoch, but found none.", nameof(history));
        }

        List<(string Name, IReadOnlyList<(double X, double Y)> Points)> series = [];
        Add("Training loss", h => h.TrainingLoss);
        Add("Validation loss", h => h.ValidationLoss);
        if (series.Count == 0)
        {
            throw new ArgumentException("Expected a training that measured a loss, but it measured none.", nameof(history));
        }

        void Add(string name, Func<TrainingProgress, double?> of)
        {
            (double, double)[] points = [.. history.Where(h => of(h) is not null).Select(h => ((double)h.Epoch, of(h)!.Value))];
            if (points.Length > 0)
            {
                series.Add((name, points));
            }
        }

        return Draw("Training", "Epoch or iteration", "Loss", series, history[^1].BestEpoch);
    }

    /// <summary>Draws metrics of a run over its steps. Values that are not finite are left out.</summary>
    /// <param name="run">The run.</param>
    /// <param name="metrics">Names of its metrics, at least one.</param>
    /// <exception cref="ArgumentException">No metric is named, or the run has not logged one of them.</exception>
    public static SvgPlot Metrics(RunRecord run, params IReadOnlyList<string> metrics)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(metrics);
        if (metrics.Count == 0)
        {
            throw new ArgumentException("Expected the name of at least one metric, but found none.", nameof(metrics));
        }

        List<(string, IReadOnlyList<(double, double)>)> series = [.. metrics.Select(name => (name, (IReadOnlyList<(double, double)>)(run.Metrics.TryGetValue(name, out var points) && points.Count > 0
            ? [.. points.Select(p => ((double)p.Step, p.Value))]
            : throw new ArgumentException($"Expected a metric that run '{run.Name}' has logged, but found '{name}'.", nameof(metrics)))))];
        return Draw($"Run {run.Name}", "Step", metrics.Count == 1 ? metrics[0] : "Metric", series, best: null);
    }

    private static SvgPlot Draw(string title, string xName, string yName, IReadOnlyList<(string Name, IReadOnlyList<(double X, double Y)> Points)> series, int? best)
    {
        var all = series.SelectMany(s => s.Points).ToList();
        var (first, last) = (all.Min(p => p.X), all.Max(p => p.X));
        var x = ChartScale.Over([first, Math.Max(last, first + 1)], first, Math.Max(last, first + 1));
        var y = ChartScale.Over(all.Select(p => p.Y), least: all.Any(p => p.Y < 0) ? double.NegativeInfinity : 0);
        var description = string.Join(" ", series.Select(s => $"{s.Name}: from {NumberText.Short(s.Points[0].Y)} to {NumberText.Short(s.Points[^1].Y)} over {s.Points.Count} values."))
            + (best is { } epoch ? FormattableString.Invariant($" The best was {epoch}.") : string.Empty);
        var canvas = new PlotCanvas(title, description, x, y, legend: [.. series.Select(s => s.Name)]).Axes(xName, yName);
        if (best is { } at)
        {
            canvas.Reference(at, y.Least, at, y.Greatest);
        }

        for (var i = 0; i < series.Count; i++)
        {
            canvas.Line(i, series[i].Points);
            if (series[i].Points.Count == 1)
            {
                canvas.Dot(i, series[i].Points[0].X, series[i].Points[0].Y, 3.2);
            }
        }

        return canvas.End();
    }
}
