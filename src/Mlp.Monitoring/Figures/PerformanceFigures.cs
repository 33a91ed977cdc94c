using Mlp.Monitoring.Performance;

namespace Mlp.Monitoring.Figures;

/// <summary>The quality of each version over all its labelled predictions.</summary>
internal sealed class PerformanceFigures(LivePerformance performance, TimeProvider timeProvider) : IFigureSource
{
    public IEnumerable<Figure> Latest => performance.Latest.SelectMany(FiguresOf);

    public IEnumerable<Finding> Findings => [];

    private IEnumerable<Figure> FiguresOf(PerformanceResult result)
    {
        yield return Of(result, "performance.label_maturity", result.LabelMaturity);
        if (result.BinaryClassification is { } binary)
        {
            yield return Of(result, "performance.auc", binary.Auc);
            yield return Of(result, "performance.average_precision", binary.AveragePrecision);
            yield return Of(result, "performance.log_loss", binary.LogLoss);
            yield return Of(result, "performance.brier", binary.Brier);
        }

        if (result.Regression is { } regression)
        {
            yield return Of(result, "performance.mae", regression.MeanAbsoluteError);
            yield return Of(result, "performance.rmse", regression.RootMeanSquaredError);
            yield return Of(result, "performance.bias", regression.MeanError);
            yield return Of(result, "performance.r2", regression.RSquared);
        }
    }

    private Figure Of(PerformanceResult result, string name, double value) => new()
    {
        Name = name,
        Subject = new FigureSubject(result.Model, result.Version),
        Value = value,
        RowCount = result.LabelledCount,
        To = timeProvider.GetUtcNow(),
    };
}
