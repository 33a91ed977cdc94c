using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Skew;

/// <summary>How the skew check is doing, in a sentence.</summary>
internal static class SkewHealth
{
    /// <summary>Degraded after a check that failed or found skew, until one succeeds and finds none.</summary>
    internal static HealthCheckResult Of(SkewReport? report, Exception? failure, (long Waiting, long Dropped) backlog)
    {
        var waiting = string.Create(CultureInfo.InvariantCulture, $"{Rows(backlog.Waiting)} waiting to be checked, {backlog.Dropped} dropped since the last check.");
        return failure is not null ? HealthCheckResult.Degraded($"The last skew check failed: {failure.Message}", failure)
            : report is null ? HealthCheckResult.Healthy($"No skew check has run since the start; {waiting}")
            : report.IsClean ? HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"The skew check of {report.CheckedAt:u} compared {report.ValueCount} values in {Rows(report.RowCount)} and found no skew; {waiting}"))
            : HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"The skew check of {report.CheckedAt:u} found values that a training set would not have: {Summarize(report)}"));
    }

    /// <summary>Says how many values differ by which verdict.</summary>
    internal static string Summarize(SkewReport report)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", report.Counts.OrderBy(entry => entry.Key).Select(entry => $"{entry.Value} {EnumTerms<SkewVerdict>.Of(entry.Key)}"))} of {report.ValueCount} values in {Rows(report.RowCount)}.");

    private static string Rows(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "row" : "rows")}");
}
