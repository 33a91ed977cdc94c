using System.Globalization;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>Numbers, times and names as people read them.</summary>
internal static class ReportText
{
    private static readonly Dictionary<string, string> Titles = new(StringComparer.Ordinal)
    {
        [FigureNames.Auc] = "AUC",
        [FigureNames.AveragePrecision] = "Average precision",
        [FigureNames.LogLoss] = "Log loss",
        [FigureNames.Brier] = "Brier score",
        [FigureNames.CalibrationError] = "Calibration error",
        [FigureNames.Accuracy] = "Accuracy",
        [FigureNames.Precision] = "Precision",
        [FigureNames.Recall] = "Recall",
        [FigureNames.Specificity] = "Specificity",
        [FigureNames.F1] = "F1",
        [FigureNames.MacroF1] = "Macro F1",
        [FigureNames.MacroAuc] = "Macro AUC",
        [FigureNames.MeanError] = "Mean error",
        [FigureNames.MeanAbsoluteError] = "MAE",
        [FigureNames.RootMeanSquaredError] = "RMSE",
        [FigureNames.RSquared] = "R²",
        [FigureNames.Ndcg] = "NDCG",
        [FigureNames.MeanReciprocalRank] = "MRR",
        [FigureNames.MeanAveragePrecision] = "MAP",
    };

    /// <summary>A figure's name for people.</summary>
    public static string Title(string figure) => Titles.GetValueOrDefault(figure, figure.Replace('_', ' '));

    /// <summary>A number in four significant digits.</summary>
    public static string Number(double value) => NumberText.Short(value);

    /// <summary>A figure in a column: three decimals, where they say something.</summary>
    public static string Figure(double value)
        => Math.Abs(value) is 0 or >= 0.001 and < 10 ? value.ToString("0.000", CultureInfo.InvariantCulture).Replace('-', '−') : Number(value);

    /// <summary>A chance; those that nobody can tell from none are said to be small.</summary>
    public static string Chance(double chance) => chance < 1e-4 ? "< 0.0001" : Number(chance);

    /// <summary>A share as a percentage.</summary>
    public static string Share(double share)
        => double.IsNaN(share) ? "–" : string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");

    /// <summary>A count.</summary>
    public static string Count(double count) => count.ToString("#,0.##", CultureInfo.InvariantCulture);

    /// <summary>A time in UTC, to the minute.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("d MMM yyyy HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A time in UTC, as short as the length of what is shown allows.</summary>
    public static string ShortTime(DateTimeOffset time, TimeSpan range)
        => time.UtcDateTime.ToString(range > TimeSpan.FromDays(300) ? "MMM yyyy" : range > TimeSpan.FromDays(2) ? "d MMM" : range > TimeSpan.FromMinutes(5) ? "HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A verdict in a word.</summary>
    public static string Verdict(DriftSeverity severity) => severity switch
    {
        DriftSeverity.Major => "Major",
        DriftSeverity.Moderate => "Moderate",
        DriftSeverity.None => "None",
        _ => "Undetermined",
    };

    /// <summary>The class of a verdict.</summary>
    public static MarkupWord VerdictClass(DriftSeverity severity) => new(severity switch
    {
        DriftSeverity.Major => "bad",
        DriftSeverity.Moderate => "warn",
        DriftSeverity.None => "ok",
        _ => "off",
    });

    /// <summary>A distance in words.</summary>
    public static string Method(DriftMethod method) => method switch
    {
        DriftMethod.PopulationStabilityIndex => "PSI",
        DriftMethod.JensenShannon => "Jensen-Shannon",
        DriftMethod.TotalVariation => "Total variation",
        DriftMethod.LInfinity => "L-infinity",
        DriftMethod.ChiSquare => "Cramér's V",
        DriftMethod.KolmogorovSmirnov => "Kolmogorov-Smirnov",
        _ => method.ToString(),
    };

    /// <summary>A kind of finding in words.</summary>
    public static string Kind(FindingKind kind) => kind switch
    {
        FindingKind.Drift => "Drift",
        FindingKind.MultivariateDrift => "Drift of the whole vector",
        FindingKind.DataQuality => "Data quality",
        FindingKind.Performance => "Quality",
        FindingKind.EstimateNoLongerHolds => "Estimate no longer holds",
        FindingKind.VariantDifference => "Variants differ",
        _ => kind.ToString(),
    };
}
