using Mlp.Monitoring.Performance;

namespace Mlp.Monitoring.Figures;

/// <summary>The figures of a result by their names, in the order in which people look at them.</summary>
internal static class ReportedFigures
{
    /// <summary>Names of <see cref="FigureNames"/> with the value; figures that the task does not have are absent.</summary>
    public static IEnumerable<(string Name, double Value)> Of(PerformanceResult result)
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

        if (result.Regression is { } regression)
        {
            return
            [
                (FigureNames.MeanAbsoluteError, regression.MeanAbsoluteError),
                (FigureNames.RootMeanSquaredError, regression.RootMeanSquaredError),
                (FigureNames.MeanError, regression.MeanError),
                (FigureNames.RSquared, regression.RSquared),
            ];
        }

        if (result.Multiclass is { } classes)
        {
            return
            [
                (FigureNames.Accuracy, classes.Accuracy),
                (FigureNames.MacroF1, classes.MacroF1),
                (FigureNames.MacroAuc, classes.MacroAuc),
                (FigureNames.LogLoss, classes.LogLoss),
            ];
        }

        return [];
    }
}
