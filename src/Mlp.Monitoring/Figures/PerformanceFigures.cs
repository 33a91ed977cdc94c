using Mlp.Monitoring.Performance;

namespace Mlp.Monitoring.Figures;

/// <summary>The quality of each version over all its labelled predictions.</summary>
internal sealed class PerformanceFigures(LivePerformance performance, TimeProvider timeProvider) : IFigureSource
{
    public IEnumerable<Figure> Latest => performance.Latest.SelectMany(FiguresOf);

    public IEnumerable<Finding> Findings => [];

    private IEnumerable<Figure> FiguresOf(PerformanceResult result)
    {
        yield return Of(result, FigureNames.LabelMaturity, result.LabelMaturity, result.ScoredCount);
        foreach (var (name, value) in ReportedFigures.Of(result))
        {
            yield return Of(result, FigureNames.Prefix + name, value, result.LabelledCount);
        }
    }

    private Figure Of(PerformanceResult result, string name, double value, long rowCount) => new()
    {
        Name = name,
        Subject = new FigureSubject(result.Model, result.Version),
        Value = value,
        RowCount = rowCount,
        To = timeProvider.GetUtcNow(),
    };
}
