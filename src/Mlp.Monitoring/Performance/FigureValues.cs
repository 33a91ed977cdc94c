using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Performance;

/// <summary>The figures of an exact result.</summary>
internal static class FigureValues
{
    /// <summary>Every figure of a result, with its interval where it has one.</summary>
    /// <param name="result">The result.</param>
    /// <param name="to">Time up to which an open window reaches.</param>
    public static IEnumerable<Figure> Of(PerformanceResult result, DateTimeOffset to)
    {
        yield return Create(result, FigureNames.LabelMaturity, result.LabelMaturity, result.ScoredCount, to);
        foreach (var (name, value) in Values(result))
        {
            var figure = Create(result, FigureNames.Prefix + name, value, result.LabelledCount - result.UnusableCount, to);
            yield return result.Intervals.TryGetValue(name, out var interval) ? figure with { Lower = interval.Lower, Upper = interval.Upper } : figure;
        }
    }

    /// <summary>The figures of a result by their names, in the order in which people look at them; those that the task does not have are absent.</summary>
    public static IEnumerable<(string Name, double Value)> Values(PerformanceResult result)
    {
        if (result.BinaryClassification is { } binary)
        {
            return
            [
                (FigureNames.Auc, binary.Auc),
                (FigureNames.AveragePrecision, binary.AveragePrecision),
                (FigureNames.LogLoss, binary.LogLoss),
                (FigureNames.Brier, binary.Brier),
                (FigureNames.CalibrationError, binary.ExpectedCalibrationError),
                (FigureNames.Accuracy, binary.Accuracy),
                (FigureNames.Precision, binary.Precision),
                (FigureNames.Recall, binary.Recall),
                (FigureNames.F1, binary.F1),
            ];
        }

        if (result.Multiclass is { } classes)
        {
            return [(FigureNames.Accuracy, classes.Accuracy), (FigureNames.MacroF1, classes.MacroF1), (FigureNames.MacroAuc, classes.MacroAuc), (FigureNames.LogLoss, classes.LogLoss)];
        }

        if (result.Ranking is { } ranking)
        {
            return [(FigureNames.Ndcg, ranking.Ndcg), (FigureNames.MeanReciprocalRank, ranking.MeanReciprocalRank), (FigureNames.MeanAveragePrecision, ranking.MeanAveragePrecision)];
        }

        return result.Regression is not { } regression ? [] :
        [
            (FigureNames.MeanError, regression.MeanError),
            (FigureNames.MeanAbsoluteError, regression.MeanAbsoluteError),
            (FigureNames.RootMeanSquaredError, regression.RootMeanSquaredError),
            (FigureNames.MeanAbsolutePercentageError, regression.MeanAbsolutePercentageError),
            (FigureNames.RSquared, regression.RSquared),
        ];
    }

    private static Figure Create(PerformanceResult result, string name, double value, long rowCount, DateTimeOffset to) => new()
    {
        Name = name,
        Subject = new FigureSubject(result.Model, result.Version, result.Variant, result.Slice),
        Value = value,
        RowCount = rowCount,
        From = result.From,
        To = result.To ?? to,
    };
}
