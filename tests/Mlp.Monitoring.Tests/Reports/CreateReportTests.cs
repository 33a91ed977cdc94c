using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Reports;
using Mlp.Monitoring.Tests.Drift;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Reports;

/// <summary>Reports of what a platform has logged.</summary>
public sealed class CreateReportTests : IDisposable
{
    private const int Count = 600;

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);

    private readonly TempDirectory _folder = new();
    private readonly ProfileRegistry _registry = new("tips");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CreateReportAsync_LabelledPredictions_SaysWhatTheMonitorSays()
    {
        await using var platform = await StartAsync(hasProfile: true);
        await LogAsync(platform, value: 5);

        var report = await platform.Monitoring.CreateReportAsync("tips");
        var quality = Assert.Single(await platform.Monitoring.EvaluateAsync("tips"));
        var drift = await platform.Monitoring.DetectDriftAsync("tips");

        Assert.Equal((1, Count, Count / 2), (report.Version, (int)report.PredictionCount, (int)report.LabelledCount));
        Assert.Equal(quality.BinaryClassification!.Auc, report.Quality.Single(f => f.Name == FigureNames.Auc).Value);
        Assert.True(report.Quality.Single(f => f.Name == FigureNames.Auc) is { Lower: { } lower, Upper: { } upper, Value: var auc } && lower < auc && auc < upper);
        Assert.Equal(drift.Features, report.Drift!.Features);
        Assert.Equal(quality.BinaryClassification.Confusion.TruePositives, report.Confusion!.Counts[3]);
        Assert.Equal(10, report.Calibration.Count);
        Assert.Equal((Noon, Noon.AddMinutes(Count - 1)), (report.FirstRequestAt!.Value, report.LastRequestAt!.Value));
        Assert.Equal(Count, report.Windows.Sum(w => w.PredictionCount));
        Assert.InRange(report.Windows.Count, 2, 25);
        Assert.Contains(report.Findings, f => f is { Kind: FindingKind.Drift, Subject.Feature: "x0" });
        Assert.Contains("'x0'", Assert.Throws<MonitoringFindingsException>(() => report.ThrowIfAnyFinding()).Message, StringComparison.Ordinal);
        Assert.Equal(Count, report.Log!.Written);
    }

    [Fact]
    public async Task CreateReportAsync_RangeAndSlices_AreThoseAskedFor()
    {
        await using var platform = await StartAsync(hasProfile: true);
        await LogAsync(platform, value: 5);

        var report = await platform.Monitoring.CreateReportAsync(
            "tips", new ReportOptions { From = Noon.AddMinutes(100), To = Noon.AddMinutes(300), Window = TimeSpan.FromMinutes(50), Slices = { SliceDefinition.Feature("x0", 4, 6) } });

        Assert.Equal((200L, 4), (report.PredictionCount, report.Windows.Count));
        Assert.Contains(report.Slices, s => s.Slice == "x0=4..6" && s.PredictionCount == 200);
    }

    [Fact]
    public async Task CreateReportAsync_AnyReport_ReadsEachFileOnceAndNamesTheClasses()
    {
        await using var platform = await StartAsync(hasProfile: true);
        Record(Attach(platform, hasProfile: true, "bad", "good"), 5);
        await platform.Monitoring.FlushAsync();
        await platform.Monitoring.RecordLabelsAsync(Enumerable.Range(0, 200).Select(i => Label.ForPrediction(TestModels.Id(i), i < 20 ? 5 : i % 2, Noon.AddDays(1))).ToArray());
        var performance = platform.Services.GetRequiredService<LivePerformance>();
        var before = performance.ReadFileCount;

        var report = await platform.Monitoring.CreateReportAsync("tips", new ReportOptions { From = Noon, Slices = { SliceDefinition.Feature("x0", 4, 6) } });

        Assert.Equal(1, performance.ReadFileCount - before);
        Assert.Equal(["bad", "good"], report.Confusion!.Classes);
        Assert.Contains(">good</th>", report.ToHtml(), StringComparison.Ordinal);
        var wrong = Assert.Single(report.Findings, f => f.Test == LabelFindings.WrongTest);
        Assert.Equal((FindingKind.DataQuality, 20.0, 200L), (wrong.Kind, wrong.Statistic, wrong.RowCount));
    }

    [Fact]
    public async Task CreateReportAsync_PublishedEstimator_HasItsEstimatesBesideTheFigures()
    {
        var random = new Random(3);
        var scores = Enumerable.Range(0, 2_000).Select(_ => random.NextDouble()).ToArray();
        var estimator = PerformanceEstimator.Fit(scores, scores.Select(s => (byte)(random.NextDouble() < s ? 1 : 0)).ToArray(), 200);
        await using var platform = await StartAsync(hasProfile: true);
        Record(Attach(platform, hasProfile: true, estimator: estimator), 5);
        await platform.Monitoring.FlushAsync();

        var options = new ReportOptions { From = Noon, To = Noon.AddMinutes(Count), Window = TimeSpan.FromMinutes(200) };
        var report = await platform.Monitoring.CreateReportAsync("tips", options);
        var estimates = await platform.Monitoring.EstimateAsync("tips", new EstimationOptions { From = Noon, To = Noon.AddMinutes(Count), Window = TimeSpan.FromMinutes(200) });

        Assert.Equal(3, report.Windows.Count);
        Assert.Equal(estimates.Select(e => e[EstimatedMetric.Auc].Value), report.Windows.Select(w => w.Estimates.Single(f => f.Name == FigureNames.Auc).Value));
        Assert.Equal(estimates.Select(e => e.RowCount), report.Windows.Select(w => w.PredictionCount));
    }

    [Fact]
    public async Task CreateReportAsync_NoProfileNoLabels_SaysWhatIsMissingAndCanBeWritten()
    {
        await using var platform = await StartAsync(hasProfile: false);
        Record(Attach(platform, hasProfile: false), 5);
        await platform.Monitoring.FlushAsync();

        var report = await platform.Monitoring.CreateReportAsync("tips");
        await report.WriteHtmlAsync(_folder.Combine("report.html"));
        await report.WriteJsonAsync(_folder.Combine("report.json"));

        Assert.Null(report.Drift);
        Assert.Empty(report.Findings);
        Assert.Contains(report.Notes, n => n.Contains("published without one", StringComparison.Ordinal));
        Assert.StartsWith("<!doctype html>", await File.ReadAllTextAsync(_folder.Combine("report.html")), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(_folder.Combine("report.json")));
        Assert.Equal("tips", json.RootElement.GetProperty("model").GetString());
        report.ThrowIfAnyFinding();
    }

    [Fact]
    public async Task CreateReportAsync_NothingLogged_IsRefused()
    {
        await using var platform = await StartAsync(hasProfile: false);

        await Assert.ThrowsAsync<ModelNotFoundException>(() => platform.Monitoring.CreateReportAsync("tips"));
    }

    private async Task<MlPlatform> StartAsync(bool hasProfile)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_folder.Combine("data")).AddMonitoring(m => m.LogPredictions("tips"));
        builder.Services.AddSingleton<IModelRegistry>(_registry);
        builder.Services.AddSingleton(new ModelDeclaration("tips"));
        var platform = builder.Build();
        await platform.StartAsync();
        return platform;
    }

    private async Task LogAsync(MlPlatform platform, float value)
    {
        Record(Attach(platform, hasProfile: true), value);
        await platform.Monitoring.FlushAsync();
        for (var i = 0; i < Count; i += 2)
        {
            await platform.Monitoring.RecordLabelAsync(TestModels.Id(i), isPositive: i % 100 > 40 == (i % 14 != 0), Noon.AddDays(1));
        }
    }

    private IPredictionSink Attach(MlPlatform platform, bool hasProfile, string? negative = null, string? positive = null, PerformanceEstimator? estimator = null)
    {
        var model = TestModels.Serve(Layout);
        model = negative is null ? model : model with { Manifest = model.Manifest with { Output = model.Manifest.Output with { ClassNames = [negative, positive!] } } };
        var builder = new ReferenceProfileBuilder().AddNumeric("x0", Enumerable.Range(0, 1000).Select(i => i / 1000f).ToArray());
        var profile = (estimator is null ? builder : builder.SetEstimator(estimator)).Build();
        return platform.Services.GetRequiredService<IPredictionObserver>().Attach(model with { Manifest = _registry.Add(model.Manifest, hasProfile ? profile : null) })!;
    }

    private static void Record(IPredictionSink sink, float value)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        rows.Float32Of(0)[0] = value;
        for (var i = 0; i < Count; i++)
        {
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = Microseconds.FromRequestTime(Noon.AddMinutes(i)),
                RequestTime = Microseconds.FromRequestTime(Noon.AddMinutes(i)),
                LatencyNanoseconds = 10,
                Outcome = PredictionOutcome.Ok,
                Features = rows.RowOf(0),
                Scores = [i % 100 / 100.0],
            });
        }
    }
}
