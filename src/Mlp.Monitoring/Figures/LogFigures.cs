using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Figures;

/// <summary>What became of the predictions of each version, since it came into service.</summary>
internal sealed class LogFigures(PredictionLogWriter log, TimeProvider timeProvider) : IFigureSource
{
    public IEnumerable<Figure> Latest => log.Statistics.SelectMany(FiguresOf);

    public IEnumerable<Finding> Findings => [];

    private IEnumerable<Figure> FiguresOf(LogStatistics statistics)
    {
        var (accepted, dropped) = (statistics.Accepted, statistics.Dropped);
        return
        [
            Of(statistics, "log.accepted", accepted),
            Of(statistics, "log.dropped", dropped),
            Of(statistics, "log.dropped_share", accepted == 0 ? double.NaN : dropped / (double)accepted),
            Of(statistics, "log.pending", statistics.Pending),
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
