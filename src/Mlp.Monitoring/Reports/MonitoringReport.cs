using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Reports.Html;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Reports;

/// <summary>
/// How a model version is doing: what was found, the quality of its answers and the distributions of its inputs. It holds aggregates, never a row. Immutable; safe for use by many threads.
/// </summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record MonitoringReport
{
    /// <summary>What the JSON document says that it is.</summary>
    public const string FormatName = "mlp-monitoring-report";

    /// <summary>The format version that is written.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the document is.</summary>
    [JsonPropertyOrder(-2)]
    public string Format { get; } = FormatName;

    /// <summary>In which version of that.</summary>
    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; } = CurrentFormatVersion;

    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Model version.</summary>
    public required int Version { get; init; }

    /// <summary>What the model predicts; null where no quality could be computed.</summary>
    public ModelTask? Task { get; init; }

    /// <summary>When the report was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>First request time of the predictions; null without any.</summary>
    public DateTimeOffset? FirstRequestAt { get; init; }

    /// <summary>Last request time of the predictions; null without any.</summary>
    public DateTimeOffset? LastRequestAt { get; init; }

    /// <summary>Predictions in the log.</summary>
    public required long PredictionCount { get; init; }

    /// <summary>Answered predictions that have a label.</summary>
    public long LabelledCount { get; init; }

    /// <summary>Share of the answered predictions that have a label, 0 to 1; NaN without answers.</summary>
    public double LabelMaturity { get; init; } = double.NaN;

    /// <summary>What was found wrong, the worst first.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What the report lacks and why, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The quality over all of the predictions.</summary>
    public IReadOnlyList<ReportFigure> Quality { get; init; } = [];

    /// <summary>The quality by windows of request time, oldest first.</summary>
    public IReadOnlyList<ReportWindow> Windows { get; init; } = [];

    /// <summary>What the model said against what happened; empty for other tasks than binary classification.</summary>
    public IReadOnlyList<CalibrationBin> Calibration { get; init; } = [];

    /// <summary>Rows by true and predicted class; null for other tasks than classification.</summary>
    public ReportConfusion? Confusion { get; init; }

    /// <summary>The quality of parts of the traffic.</summary>
    public IReadOnlyList<ReportSlice> Slices { get; init; } = [];

    /// <summary>The features and the score against the reference; null where there is none.</summary>
    public DriftReport? Drift { get; init; }

    /// <summary>What became of the predictions that this process logged of the version; null where it has served none.</summary>
    public LogStatistics? Log { get; init; }

    /// <summary>The features and the score, most drifted first.</summary>
    [JsonIgnore]
    internal IReadOnlyList<FeatureDrift> Features => Drift?.Features ?? [];

    /// <summary>Writes the report as one HTML file that needs no other: no script, no picture, no font, nothing from elsewhere.</summary>
    /// <param name="path">Path of the file, which is replaced; its folder exists.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="DirectoryNotFoundException">The folder of the file does not exist.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task WriteHtmlAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TargetFolder.Require(path);
        return File.WriteAllTextAsync(path, ToHtml(), Encoding.UTF8, cancellationToken);
    }

    /// <summary>Writes the report as JSON (<c>docs/reports.md</c> lists the fields).</summary>
    /// <param name="path">Path of the file, which is replaced; its folder exists.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <exception cref="DirectoryNotFoundException">The folder of the file does not exist.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task WriteJsonAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TargetFolder.Require(path);
        return File.WriteAllBytesAsync(path, ToJson(), cancellationToken);
    }

    /// <summary>The report as an HTML document.</summary>
    public string ToHtml() => ReportPage.Render(this);

    /// <summary>The report as UTF-8 JSON; numbers that are none are the texts "NaN" and so on.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReportJsonContext.Default.MonitoringReport);

    /// <summary>Fails a unit test, or a step of a pipeline, where something was found.</summary>
    /// <param name="kinds">The kinds that count; none for all.</param>
    /// <exception cref="MonitoringFindingsException">Something was found; the message has the sentences.</exception>
    public void ThrowIfAnyFinding(params FindingKind[] kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        var findings = Findings.Where(f => kinds.Length == 0 || kinds.Contains(f.Kind)).ToList();
        if (findings.Count > 0)
        {
            throw new MonitoringFindingsException(this, findings);
        }
    }
}
