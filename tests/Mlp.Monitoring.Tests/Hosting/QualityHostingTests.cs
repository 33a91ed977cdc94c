using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Comparison;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
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

namespace Mlp.Monitoring.Tests.Hosting;

/// <summary>Live quality through the door of the platform.</summary>
public sealed class QualityHostingTests : IDisposable
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);
    private static readonly DateTimeOffset Epoch = DateTimeOffset.UnixEpoch;

    private readonly TempDirectory _folder = new();
    private readonly ProfileRegistry _registry = new("tips");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Monitoring_Quality_IsEvaluatedEstimatedComparedAndChecked()
    {
        await using var platform = Build(m => m.LogPredictions("tips"));
        await platform.StartAsync();
        var observer = platform.Services.GetRequiredService<IPredictionObserver>();
        var (champion, challenger) = (observer.Attach(TestModels.Serve(Layout))!, observer.Attach(TestModels.Serve(Layout, version: 2, variant: "shadow"))!);
        var rows = new FeatureRows(Layout, 1);
        var random = new Random(1);
        var labels = new List<Label>();
        for (var i = 0; i < 2_000; i++)
        {
            var score = random.NextDouble();
            var truth = random.NextDouble() < score;
            LogHarness.RecordAs(champion, rows, i, score);
            LogHarness.RecordAs(challenger, rows, 10_000 + i, truth ? 0.9 : 0.1, servedNumber: i);
            labels.Add(Label.ForPrediction(TestModels.Id(i), truth, Epoch.AddDays(1)));
        }

        labels.Add(Label.ForPrediction(TestModels.Id(5_000), true, Epoch.AddDays(1)));
        await platform.Monitoring.FlushAsync();
        await platform.Monitoring.RecordLabelsAsync(labels.ToArray());

        // A microsecond a row from the 2,000th on.
        var windows = await platform.Monitoring.EvaluateAsync("tips", new EvaluationOptions { Version = 1, Window = TimeSpan.FromMicroseconds(500), From = Microseconds.ToDateTimeOffset(2_000), Bootstrap = false });
        var estimates = await platform.Monitoring.EstimateAsync("tips", new EstimationOptions { Version = 1, ReferenceTo = Microseconds.ToDateTimeOffset(3_000), ChunkSize = 500 });
        var comparison = await platform.Monitoring.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 });
        var report = await platform.Monitoring.CheckLabelsAsync();

        Assert.Equal([500, 500, 500, 500], windows.Select(w => w.LabelledCount));
        Assert.Equal(1_000, Assert.Single(estimates).RowCount);
        Assert.Equal(0.83, estimates[0][EstimatedMetric.Auc].Value, 0.05);
        Assert.True(estimates[0].IsChecked);
        Assert.Equal((true, FindingKind.VariantDifference), (comparison.Difference < 0, comparison.Finding!.Kind));
        Assert.Equal((2_001, 1), (report.LabelCount, report.UnknownCount));
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "scratch")), "Expected so small a join to make no folder.");
        await Assert.ThrowsAsync<ModelNotFoundException>(() => platform.Monitoring.EvaluateAsync("tipps", new EvaluationOptions()));
        await Assert.ThrowsAsync<ModelNotFoundException>(() => platform.Monitoring.EstimateAsync("tipps", new EstimationOptions()));
        await Assert.ThrowsAsync<ModelNotFoundException>(() => platform.Monitoring.CompareAsync("tipps", new VariantComparisonOptions { Champion = 1, Challenger = 2 }));
    }

    [Fact]
    public async Task RecordLabelAsync_EntityThatNoPredictionCanMeet_IsRefused()
    {
        await using (var first = Build(m => m.LogPredictions("tips")))
        {
            await first.StartAsync();
            Assert.Null(await RefusalAsync(first, "tips", ["x"]));
            var observer = first.Services.GetRequiredService<IPredictionObserver>();
            LogHarness.RecordAs(observer.Attach(TestModels.Serve(Layout))!, new FeatureRows(Layout, 1), 0, 0.5);
            await first.Monitoring.FlushAsync();
        }

        // The log knows the key: a process that has no version in service does too.
        await using var platform = Build(m => m.LogPredictions("tips"));
        await platform.StartAsync();
        Assert.Null(await RefusalAsync(platform, "tips", ["x", 8]));
        Assert.Equal("Expected an entity key of String 'company', Int64 'area' for a label of model 'tips', but found String.", await RefusalAsync(platform, "tips", ["x"]));
        Assert.Equal("Expected an entity key of String 'company', Int64 'area' for a label of model 'tips', but found Int64, Int64.", await RefusalAsync(platform, "tips", [8, 8]));
        Assert.EndsWith("but found none; declared are: 'tips'.", await RefusalAsync(platform, "tipps", ["x", 8]), StringComparison.Ordinal);

        // A version with another key, and one without.
        var served = platform.Services.GetRequiredService<IPredictionObserver>();
        served.Attach(TestModels.Serve(Layout, version: 2) with { Keys = [new KeyColumn("company", EntityValueKind.String)] });
        Assert.Null(await RefusalAsync(platform, "tips", ["x"]));
        Assert.Null(await RefusalAsync(platform, "tips", ["x", 8]));
        await using var third = Build(m => m.LogPredictions("tips"), folder: _folder.Combine("third"));
        await third.StartAsync();
        third.Services.GetRequiredService<IPredictionObserver>().Attach(TestModels.Serve(Layout) with { Keys = [] });
        Assert.Equal("Expected a label of model 'tips' to name its prediction by id, since the model has no entity key, but it names an entity.", await RefusalAsync(third, "tips", ["x"]));
    }

    [Fact]
    public async Task Evaluation_Figures_AreOfferedWithTheirFindings()
    {
        var time = new FakeTimeProvider(Microseconds.ToDateTimeOffset(100_000));
        await using var platform = Build(
            m => m.LogPredictions("tips").ExpectPerformance("tips", "performance.auc", lower: 0.9).WatchQuality("tips", o => o.ByVariant = true), time);
        await platform.StartAsync();
        var sink = platform.Services.GetRequiredService<IPredictionObserver>().Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 200; i++)
        {
            LogHarness.RecordAs(sink, rows, i, i % 7 / 7.0);
            await platform.Monitoring.RecordLabelAsync(TestModels.Id(i), i % 2 == 0, Epoch.AddDays(1));
        }

        await platform.Monitoring.FlushAsync();
        await platform.Services.GetRequiredService<LivePerformance>().EvaluateLatestAsync("tips", default);

        var source = platform.Services.GetServices<IFigureSource>().OfType<LivePerformance>().Cast<IFigureSource>().Single();
        Assert.Equal([null, "champion"], source.Latest.Where(f => f.Name == "performance.auc").Select(f => f.Subject.Variant).Order());
        var finding = source.Findings.First();
        Assert.Equal((FindingKind.Performance, "performance.auc", 0.9), (finding.Kind, finding.Test, finding.Threshold));
    }

    [Fact]
    public async Task QueryMemoryLimitBytes_Set_HoldsForEverythingThatReadsTheLog()
    {
        await using var platform = Build(m => m.LogPredictions("tips").Configure(o => o.QueryMemoryLimitBytes = 100L << 20));

        Assert.Equal(100L << 20, platform.Services.GetRequiredService<PredictionLogReader>().Settings.MemoryLimitBytes);
        Assert.Equal(100L << 20, platform.Services.GetRequiredService<LivePerformance>().QuerySettings.MemoryLimitBytes);
        Assert.Equal(100L << 20, platform.Services.GetRequiredService<DriftDetector>().QuerySettings.MemoryLimitBytes);
        Assert.Equal(100L << 20, LogScan.Of(platform.Services.GetRequiredService<DataDirectory>(), "tips", settings: new DuckDbSettings(100L << 20, 1, _folder.FullName)).Settings.MemoryLimitBytes);
    }

    [Fact]
    public async Task CheckHealth_DamagedReferenceProfile_EstimatesNothingAndStillEvaluates()
    {
        await using var platform = Build(m => m.LogPredictions("tips"));
        await platform.StartAsync();
        var model = TestModels.Serve(Layout);
        var manifest = _registry.Add(model.Manifest, new ReferenceProfileBuilder().SetScore([0.5f]).Build());
        _registry.Damage(manifest);
        LogHarness.RecordAs(platform.Services.GetRequiredService<IPredictionObserver>().Attach(model with { Manifest = manifest })!, new FeatureRows(Layout, 1), 0, 0.5);
        await platform.Monitoring.FlushAsync();

        await platform.Services.GetRequiredService<LivePerformance>().EvaluateLatestAsync("tips", default);

        var health = platform.CheckHealth()["live-quality"];
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith("Expected to read the reference profile of model 'tips' version 1, so its quality is not estimated: ", health.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ThresholdsThatCannotBe_AreRefusedWithASentence()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new ModelDeclaration("tips"));
        services.AddMlPlatform(ml => ml.AddMonitoring(m => m.LogPredictions("tips").ExpectPerformance("tips", "performance.auc", 0.9, 0.8).ExpectPerformance("tips", "performance.f1").ExpectPerformance("tips", "performance.brier", upper: 1)));
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<MonitoringOptions>>().Value);

        Assert.Equal(
            [
                "MlPlatform:Monitoring:PerformanceThresholds must have a lower end, an upper end, or a lower below an upper one, but 'performance.auc' of model 'tips' has 0.9 and 0.8.",
                "MlPlatform:Monitoring:PerformanceThresholds must have a lower end, an upper end, or a lower below an upper one, but 'performance.f1' of model 'tips' has none and none.",
            ],
            error.Failures);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddMlPlatform(ml => ml.AddMonitoring(m => m.WatchQuality("tips", o => o.Window = TimeSpan.Zero))));
    }

    [Fact]
    public void Options_NamesThatCanNeverMatch_AreRefusedWithASentence()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new ModelDeclaration("tips"));
        services.AddSingleton(new ModelDeclaration("quiet"));
        services.AddMlPlatform(ml => ml.AddMonitoring(m => m
            .LogPredictions("tips")
            .ExpectPerformance("tips", "performance.ac", 0.9)
            .ExpectPerformance("tips", "drift.psi", 0.9)
            .ExpectPerformance("quiet", "performance.auc", 0.9)
            .SamplePredictions("quiet", s => s.Rate = 0.1)
            .WatchQuality("nosuch", o => o.ByVariant = true)
            .WatchQuality("quiet", o => o.ByVariant = true)));
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<MonitoringOptions>>().Value);

        Assert.Equal(
            [
                "MlPlatform:Monitoring:WatchQuality must hold names of models that the application has declared by AddModel, but holds 'nosuch'; declared are: 'tips', 'quiet'.",
                "MlPlatform:Monitoring:Sampling must hold names of models whose predictions are logged, but 'quiet' is none: call LogPredictions.",
                "MlPlatform:Monitoring:PerformanceThresholds must hold names of models whose predictions are logged, but 'quiet' is none: call LogPredictions.",
                "MlPlatform:Monitoring:WatchQuality must hold names of models whose predictions are logged, but 'quiet' is none: call LogPredictions.",
                "MlPlatform:Monitoring:PerformanceThresholds must hold names of figures of quality, but holds 'performance.ac'; the closest is 'performance.auc'.",
            ],
            error.Failures.Where(f => !f.Contains("drift.psi", StringComparison.Ordinal)));
        Assert.StartsWith("MlPlatform:Monitoring:PerformanceThresholds must hold names of figures of quality, but holds 'drift.psi'; ", error.Failures.Single(f => f.Contains("drift.psi", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static async Task<string?> RefusalAsync(MlPlatform platform, string model, EntityValue[] key)
        => (await Record.ExceptionAsync(async () => await platform.Monitoring.RecordLabelAsync(Label.ForEntity(model, key, Epoch.AddDays(1), 1, Epoch.AddDays(1)))))?.Message;

    private MlPlatform Build(Action<MonitoringBuilder> configure, TimeProvider? time = null, string? folder = null)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(folder ?? _folder.FullName);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.AddMonitoring(configure);
        builder.Services.AddSingleton<IModelRegistry>(_registry);
        builder.Services.AddSingleton(new ModelDeclaration("tips"));
        return builder.Build();
    }
}
