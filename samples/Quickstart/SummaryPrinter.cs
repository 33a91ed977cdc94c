using System.Globalization;
using Spectre.Console;

namespace Quickstart;

/// <summary>Prints a summary as a table.</summary>
internal static class SummaryPrinter
{
    /// <summary>By how much the AUC of the same network on the real trips differs between seeds, about.</summary>
    private const double SeedNoise = 0.002;

    public static void Print(IAnsiConsole console, QuickstartSummary summary)
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn(string.Empty).AddColumn(string.Empty);
        void Row(string name, FormattableString value) => table.AddRow(name, Markup.Escape(value.ToString(CultureInfo.InvariantCulture)));

        Row("rows", $"{summary.WarmUpTrips:N0} to fill the views, {summary.TrainingRows:N0} trained on, {summary.GateRows:N0} for the gate, {summary.ReplayRows:N0} replayed ({summary.Source})");
        Row("feature rows", $"{summary.IngestedFeatureRows:N0} ingested, {summary.IngestedBefore:N0} were there before");
        Row("leakage check", $"{summary.CheckedForLeaks:N0} rows recomputed by brute force, {summary.Leaks:N0} leaks");
        Row("AUC, payment type alone", $"{summary.PaymentTypeAuc:F4}");
        Row("AUC, without feature views", $"{summary.WithoutViewsAuc:F4}{BelowChance(summary)}");
        Row("AUC, champion", $"{summary.Champion.Auc:F4} (log loss {summary.Champion.LogLoss:F4}, Brier {summary.Champion.Brier:F4})");
        if (summary.OptimumAuc is { } optimum)
        {
            Row("AUC, known optimum", $"{optimum:F4}");
        }

        Row("feature views", $"{ViewsVerdict(summary)}");
        Row("export difference", $"{Scientific(summary.ExportDifference)} (tolerance {Scientific(summary.ExportTolerance)})");
        Row("model", $"version {summary.ModelVersion} published, champion is version {summary.ChampionVersion}");
        Row("gate", $"{summary.GateVerdict}");
        Row("replay", $"{summary.PredictionsPerSecond:N0} predictions/s, p50 {summary.LatencyMedian.TotalMicroseconds:F1} µs, p99 {summary.LatencyP99.TotalMicroseconds:F1} µs");
        Row("prediction log", $"{summary.Logged:N0} logged, {summary.Dropped:N0} dropped, {summary.Labelled:N0} labelled");
        if (summary.IsLiveOfOtherRows)
        {
            Row("live AUC", $"{summary.LiveAuc:F4} (with {summary.EarlierPredictions:N0} predictions of earlier runs, one of which was stopped; offline without them: {summary.Champion.Auc:F4})");
        }
        else
        {
            Row("live AUC", $"{summary.LiveAuc:F4} (offline on the same rows: {summary.Champion.Auc:F4})");
        }

        Row("served = point in time", $"{summary.ReplayRows - summary.SkewedRows:N0} of {summary.ReplayRows:N0} rows bit for bit");
        Row("drifted most", $"{string.Join(", ", summary.Drift.Take(3).Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Feature} (PSI {d.Psi:F3})")))}");
        Row("report", $"{summary.ReportPath}");
        Row("files", $"{summary.DataDirectory}");
        Row("time", $"{summary.Elapsed.TotalSeconds:F1} s");
        console.Write(table);
        foreach (var failure in summary.Failures)
        {
            console.MarkupLineInterpolated($"[red]FAILED[/] {failure}");
        }
    }

    /// <summary>In the synthetic stream the history decides, so the request alone says nothing, and nothing lies as often below a half as above.</summary>
    internal static string BelowChance(QuickstartSummary summary)
        => summary.OptimumAuc is not null && summary.WithoutViewsAuc < 0.55 ? " (chance is 0.5: here the history decides, which a request does not have)" : string.Empty;

    /// <summary>Such as 1.2e-7.</summary>
    internal static string Scientific(double value) => value.ToString("0.#e-0", CultureInfo.InvariantCulture);

    /// <summary>Says whether the stored features were worth their while.</summary>
    internal static string ViewsVerdict(QuickstartSummary summary)
    {
        var gain = summary.Champion.Auc - summary.WithoutViewsAuc;
        var size = Math.Abs(gain).ToString("F4", CultureInfo.InvariantCulture);
        return gain switch
        {
            > SeedNoise => $"They raise the AUC by {size}.",
            < 0 => $"They do not help here: the AUC is lower by {size} with them.",
            _ => $"They hardly help here: {size} in AUC is no more than another seed changes.",
        };
    }
}
