using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Figures;

/// <summary>What became of the predictions of each version, since it came into service.</summary>
internal sealed class LogFigures(PredictionLogWriter log, TimeProvider timeProvider) : IFigureSource
{
    private const string Accepted = "log.accepted";
    private const string Dropped = "log.dropped";
    private const string DroppedShare = "log.dropped_share";
    private const string Pending = "log.pending";

    /// <summary>The names of all.</summary>
    public static IReadOnlyList<string> Names { get; } = [Accepted, Dropped, DroppedShare, Pending];

    public IEnumerable<Figure> Latest => log.Statistics.SelectMany(FiguresOf);

    public IEnumerable<Finding> Findings => [];

    /// <summary>Whether a figure is counted from the start of the process.</summary>
    public static bool CountsSinceStart(string figure) => Names.Contains(figure);

    private IEnumerable<Figure> FiguresOf(LogStatistics statistics)
    {
        var (accepted, dropped) = (statistics.Accepted, statistics.Dropped);
        return
        [
            Of(statistics, Accepted, accepted),
            Of(statistics, Dropped, dropped),
            Of(statistics, DroppedShare, accepted == 0 ? double.NaN : dropped / (double)accepted),
            Of(statistics, Pending, statistics.Pending),
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
