using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Figures;

/// <summary>The names of all figures, so that a mistyped one is refused at start and not watched for ever.</summary>
internal static class KnownFigures
{
    private static readonly string[] Quality =
    [
        FigureNames.Auc, FigureNames.AucErrorBound, FigureNames.AveragePrecision, FigureNames.LogLoss, FigureNames.Brier, FigureNames.CalibrationError,
        FigureNames.Accuracy, FigureNames.Precision, FigureNames.Recall, FigureNames.Specificity, FigureNames.F1, FigureNames.MacroF1, FigureNames.MacroAuc,
        FigureNames.MacroPrecision, FigureNames.MacroRecall, FigureNames.MacroSpecificity,
        FigureNames.MeanError, FigureNames.MeanAbsoluteError, FigureNames.RootMeanSquaredError, FigureNames.MeanAbsolutePercentageError, FigureNames.RSquared,
        FigureNames.Ndcg, FigureNames.MeanReciprocalRank, FigureNames.MeanAveragePrecision,
    ];

    /// <summary>Figures of live quality, by which findings can be made.</summary>
    public static IReadOnlyList<string> OfQuality { get; } =
    [
        FigureNames.LabelMaturity,
        .. Quality.Select(name => FigureNames.Prefix + name),
        .. Enum.GetValues<EstimatedMetric>().Select(metric => FigureNames.Prefix + FigureNames.Estimated + EstimationFindings.NameOf(metric)),
    ];

    /// <summary>All figures.</summary>
    public static IReadOnlyList<string> All { get; } = [.. OfQuality, .. DriftFigures.Names, .. LogFigures.Names];
}
