using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Figures;

/// <summary>What became of the predictions of each version, since it came into service.</summary>
internal sealed class LogFigures(PredictionLogWriter log, TimeProvider timeProvider) : IFigureSource
{
    private const string Prefix = "log.";

    public IEnumerable<Figure> Latest => log.Statistics.SelectMany(FiguresOf);

    public IEnumerable<Finding> Findings => [];

    /// <summary>Whether a figure is counted from the start of the process.</summary>
    public static bool CountsSinceStart(string figure) => figure.StartsWith(Prefix, StringComparison.Ordinal);

    private IEnumerable<Figure> FiguresOf(LogStatistics statistics)
    {
        var (accepted, dropped) = (statistics.Accepted, statistics.Dropped);
        return
        [
            Of(statistics, Prefix + "accepted", accepted),
            Of(statistics, Prefix + "dropped", dropped),
            Of(statistics, Prefix + "dropped_share", accepted == 0 ? double.NaN : dropped / (double)accepted),
            Of(statistics, Prefix + "pending", statistics.Pending),
        ];
    }

    private Figure Of(LogStatistics statistics, string name, double value) => new()
    {
        Name = name,
        Subject = new FigureSubject(statistics.Model, statistics.Version),
        Value = value,
        RowCount = statistics.Accepted,
        To = timeProvider.GetUtcNow(),
    };
}
