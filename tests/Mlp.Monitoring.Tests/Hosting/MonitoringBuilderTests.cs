using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Hosting;

public sealed class MonitoringBuilderTests : MonitoredPlatform
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task AddMonitoring_WholePlatform_LogsJoinsAndWatches()
    {
        await using var platform = Build(m => m.LogPredictions("tips").DetectDrift("tips"));
        await platform.StartAsync();
        var sink = Attach(platform);
        Record(sink, 300);
        await platform.Monitoring.FlushAsync();
        for (var i = 0; i < 20; i++)
        {
            await platform.Monitoring.RecordLabelAsync(TestModels.Id(i), isPositive: i % 2 == 1, Noon);
        }

        await platform.Monitoring.RecordLabelAsync(TestModels.Id(20), label: 0, Noon);

        var quality = Assert.Single(await platform.Monitoring.EvaluateAsync("tips"));
        var drift = await platform.Monitoring.DetectDriftAsync("tips");
        var rows = 0;
        await foreach (var batch in platform.Monitoring.ReadPredictionsAsync("tips", version: 1, to: Microseconds.ToDateTimeOffset(2_100)))
        {
            rows += batch.Length;
        }

        var labels = 0;
        await foreach (var batch in platform.Monitoring.ReadLabelsAsync())
        {
            labels += batch.Length;
        }

        Assert.Equal((300, 21), (quality.ScoredCount, quality.LabelledCount));
        Assert.Equal((300, DriftSeverity.Major), (drift.RowCount, drift.Find("x0")!.Severity));
        Assert.Equal(drift.Features, Assert.Single(platform.Monitoring.GetRecentDrift("tips")).Features);
        Assert.Equal((100, 21), (rows, labels));
        Assert.Equal(300, Assert.Single(platform.Monitoring.LogStatistics).Written);
        Assert.All(platform.CheckHealth().Values, h => Assert.Equal(HealthStatus.Healthy, h.Status));
    }

    [Fact]
    public async Task ProfilePredictions_WholePlatform_ProfilesWhatIsLogged()
    {
        await using (var platform = Build(m => m.ProfilePredictions("tips").DetectDrift("tips")))
        {
            await platform.StartAsync();
            Record(Attach(platform), 300);
            await platform.Monitoring.FlushAsync();
            var profile = (await platform.Monitoring.GetProfileAsync("tips"))!;

            Assert.Equal((300, "x0", 300), (profile.RowCount, Assert.Single(profile.Columns).Name, profile.Score!.RowCount));
            Assert.Equal(300, Assert.Single(platform.Monitoring.GetRecentDrift("tips")).RowCount);
            Assert.Null(await platform.Monitoring.GetProfileAsync("other"));
            await Assert.ThrowsAsync<ArgumentException>(() => platform.Monitoring.GetProfileAsync("../tips"));
            await Assert.ThrowsAsync<OperationCanceledException>(() => platform.Monitoring.GetProfileAsync("tips", cancellationToken: new CancellationToken(canceled: true)));
        }

        await using var again = Build(_ => { });
        await again.StartAsync();
        Assert.Equal(300, (await again.Monitoring.GetProfileAsync("tips"))!.RowCount);
    }

    [Fact]
    public async Task Attach_ModelThatIsNotNamed_IsNotLogged()
    {
        await using var platform = Build(m => m.LogPredictions("other"));
        await platform.StartAsync();

        Assert.Null(Observer(platform).Attach(TestModels.Serve(Layout)));
        Assert.NotNull(Observer(platform).Attach(TestModels.Serve(Layout, name: "other")));
    }

    [Fact]
    public async Task Attach_BeforeTheStart_Throws()
    {
        await using var platform = Build(m => m.LogPredictions());

        Assert.Throws<InvalidOperationException>(() => Observer(platform).Attach(TestModels.Serve(Layout)));
    }

    [Fact]
    public async Task AsReader_BesideTheOwner_ReadsAndLabelsButDoesNotLog()
    {
        await using var owner = Build(m => m.LogPredictions());
        await owner.StartAsync();
        Record(Attach(owner), 10);
        await owner.Monitoring.FlushAsync();
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(Folder.FullName).AsReader().AddMonitoring(m => m.LogPredictions());
        builder.Services.AddSingleton<IModelRegistry>(Profiles);
        Declare(builder.Services);
        await using var reader = builder.Build();
        await reader.StartAsync();

        Assert.Null(Observer(reader).Attach(TestModels.Serve(Layout)));
        await reader.Monitoring.RecordLabelAsync(TestModels.Id(1), true, Noon);
        await reader.Monitoring.RecordLabelAsync(TestModels.Id(2), false, Noon);

        Assert.Equal(2, Assert.Single(await reader.Monitoring.EvaluateAsync("tips")).LabelledCount);
        Assert.Equal(2, Assert.Single(await owner.Monitoring.EvaluateAsync("tips")).LabelledCount);
    }

    [Fact]
    public async Task Meter_WhileRunning_TellsOfLogLabelsDriftAndQuality()
    {
        await using var platform = Build(m => m.LogPredictions("tips").DetectDrift("tips"));
        await platform.StartAsync();
        var sink = Attach(platform);
        Record(sink, 300);
        LogHarness.Record(sink, new FeatureRows(TestModels.FloatLayout(9), 1), 0, 999, 0.5f);
        await platform.Monitoring.FlushAsync();
        await platform.Monitoring.RecordLabelAsync(TestModels.Id(1), true, Noon);
        await platform.Monitoring.RecordLabelAsync(TestModels.Id(0), false, Noon);
        await platform.Monitoring.EvaluateAsync("tips");

        var seen = Measure(platform);

        Assert.Equal(301, seen["mlp.prediction_log.accepted{model=tips,version=1}"]);
        Assert.Equal(300, seen["mlp.prediction_log.written{model=tips,version=1}"]);
        Assert.Equal(1, seen["mlp.prediction_log.dropped{model=tips,version=1,reason=layout_mismatch}"]);
        Assert.Equal(0, seen["mlp.prediction_log.pending{model=tips,version=1}"]);
        Assert.Equal(2, seen["mlp.labels.recorded"]);
        Assert.Equal(1, seen["mlp.live.auc{model=tips,version=1}"]);
        Assert.Equal(2 / 300.0, seen["mlp.live.label_maturity{model=tips,version=1}"]);
        Assert.True(seen["mlp.drift.psi{model=tips,version=1,feature=x0}"] > 0.25);
    }

    [Fact]
    public async Task CheckHealth_DriftSettingsOfAFeatureThatTheVersionLacks_SaysWhich()
    {
        await using var platform = Build(m => m.DetectDrift("tips", d =>
        {
            d.Features["x0"] = new FeatureDriftOptions { Threshold = 0.3 };
            d.Features["predicted class"] = new FeatureDriftOptions { Threshold = 0.3 };
            d.Features["nosuch"] = new FeatureDriftOptions { Threshold = 0.3 };
        }));
        await platform.StartAsync();
        Record(Attach(platform), 10);
        await platform.Monitoring.FlushAsync();

        var health = platform.CheckHealth()["live-quality"];

        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.EndsWith("it has none of the names 'nosuch'.", health.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("'predicted class'", health.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_DriftSettingsThatAreNull_AreRefusedWithASentence()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var refused = Build(m => m.DetectDrift("tips", d => d.Features["x0"] = null!));
            await refused.StartAsync();
        });

        Assert.Equal("MlPlatform:Monitoring:Drift:tips:Features:x0 must be a section, but is empty.", Assert.Single(error.Failures));
    }

    [Fact]
    public async Task Monitoring_ModelThatNobodyKnows_IsRefusedByEveryDoor()
    {
        await using var platform = Build(m => m.LogPredictions("tips"));
        await platform.StartAsync();
        var monitoring = platform.Monitoring;
        Func<string, Task>[] doors =
        [
            model => monitoring.FlushAsync(model),
            model => monitoring.EvaluateAsync(model),
            model => monitoring.GetProfileAsync(model),
            model => Task.FromResult(monitoring.GetRecentDrift(model)),
            async model => await monitoring.ReadPredictionsAsync(model).GetAsyncEnumerator().MoveNextAsync(),
            model => monitoring.ExportPredictionsAsync(model, Folder.Combine("out.arrow")),
        ];

        foreach (var door in doors)
        {
            Assert.EndsWith("but found none; declared are: 'tips', 'other'.", (await Assert.ThrowsAsync<ModelNotFoundException>(() => door("nosuch"))).Message, StringComparison.Ordinal);
            await door("tips");
        }

        await Assert.ThrowsAsync<ModelNotFoundException>(() => monitoring.DetectDriftAsync("nosuch"));
        await Assert.ThrowsAsync<ModelNotFoundException>(() => monitoring.CreateReportAsync("nosuch"));
    }

    [Fact]
    public async Task Meter_FewRows_SaysNothingOfDrift()
    {
        await using var platform = Build(m => m.DetectDrift("tips"));
        await platform.StartAsync();
        Record(Attach(platform), 99);
        await platform.Monitoring.FlushAsync();

        Assert.DoesNotContain(Measure(platform).Keys, k => k.StartsWith("mlp.drift.psi", StringComparison.Ordinal));
        Assert.Equal(99, Assert.Single(platform.Monitoring.GetRecentDrift("tips")).RowCount);
    }

    [Fact]
    public async Task Dispose_ReleasedVersion_ClosesItsLogAndKeepsItsCounts()
    {
        await using var platform = Build(m => m.LogPredictions());
        await platform.StartAsync();
        var sink = Attach(platform);
        Record(sink, 10);
        ((IDisposable)sink).Dispose();
        ((IDisposable)sink).Dispose();
        await platform.Monitoring.FlushAsync();
        Assert.Equal((10, 10), Counts(platform));

        Record(Attach(platform), 5);
        await platform.Monitoring.FlushAsync();
        Assert.Equal((15, 15), Counts(platform));
    }

    [Fact]
    public async Task CheckHealth_DamagedLabelSegment_IsDegradedAndQualityGoesOnWithTheOtherLabels()
    {
        await using (var first = Build(m => m.LogPredictions()))
        {
            await first.StartAsync();
            Record(Attach(first), 20);
            await first.Monitoring.FlushAsync();
            for (var i = 0; i < 5; i++)
            {
                await first.Monitoring.RecordLabelAsync(TestModels.Id(i), i % 2 == 0, Noon);
            }
        }

        var segment = Assert.Single(Directory.GetFiles(Folder.Combine("labels"), "*.mlplog", SearchOption.AllDirectories));
        var whole = File.ReadAllBytes(segment);
        File.WriteAllBytes(segment, [.. whole.Select((b, i) => i == whole.Length / 2 ? (byte)(b ^ 1) : b)]);
        await using var platform = Build(m => m.LogPredictions());
        await platform.StartAsync();
        await platform.Monitoring.RecordLabelAsync(TestModels.Id(10), true, Noon);

        var health = await WaitForAsync(platform, HealthStatus.Degraded);

        Assert.StartsWith("Labels of a damaged file are left out: restore it, or move it out of the folder and record its labels again. ", health.Description, StringComparison.Ordinal);
        Assert.Contains(segment, health.Description, StringComparison.Ordinal);
        var quality = Assert.Single(await platform.Monitoring.EvaluateAsync("tips"));
        Assert.InRange(quality.LabelledCount, 1, 5);
        Assert.Equal(health.Description, quality.Problem);
        await Assert.ThrowsAsync<CorruptFileException>(() => platform.Monitoring.EvaluateAsync("tips", new EvaluationOptions()));

        // The file is restored, then moved away.
        File.WriteAllBytes(segment, whole);
        quality = Assert.Single(await platform.Monitoring.EvaluateAsync("tips"));
        Assert.Equal((6, null), (quality.LabelledCount, quality.Problem));
        File.Delete(segment);
        Assert.Null(Assert.Single(await platform.Monitoring.EvaluateAsync("tips")).Problem);
    }

    [Fact]
    public async Task CheckHealth_DamagedReferenceProfile_IsDegraded()
    {
        await using var platform = Build(m => m.LogPredictions().DetectDrift());
        await platform.StartAsync();
        var model = TestModels.Serve(Layout);
        var profile = new ReferenceProfileBuilder().AddNumeric("x0", Enumerable.Range(0, 1000).Select(i => i / 1000f).ToArray()).Build();
        var manifest = Profiles.Add(model.Manifest, profile);
        Profiles.Damage(manifest);
        Assert.NotNull(Observer(platform).Attach(model with { Manifest = manifest }));

        var health = await WaitForAsync(platform, HealthStatus.Degraded);

        Assert.StartsWith("Expected to read the reference profile of model 'tips' version 1, so drift is not watched: ", health.Description, StringComparison.Ordinal);
    }

    /// <summary>Waits until the background has looked.</summary>
    private static async Task<HealthCheckResult> WaitForAsync(MlPlatform platform, HealthStatus status)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (platform.CheckHealth()["live-quality"].Status != status)
        {
            await Task.Delay(5, patience.Token);
        }

        return platform.CheckHealth()["live-quality"];
    }

    [Fact]
    public async Task EvaluateAsync_ModelThatNobodyKnows_IsRefusedAndADeclaredOneIsEmpty()
    {
        await using var platform = Build(m => m.LogPredictions());
        await platform.StartAsync();

        var error = await Assert.ThrowsAsync<ModelNotFoundException>(() => platform.Monitoring.EvaluateAsync("tipps"));

        Assert.EndsWith("but found none; declared are: 'tips', 'other'.", error.Message, StringComparison.Ordinal);
        Assert.Empty(await platform.Monitoring.EvaluateAsync("tips"));
    }

    [Fact]
    public async Task Monitoring_BeforeTheStartAndAfterTheEnd_IsRefusedByOneSentenceAndWritesNothing()
    {
        var platform = Build(m => m.LogPredictions());
        var monitoring = platform.Monitoring;

        var early = await Assert.ThrowsAsync<InvalidOperationException>(async () => await monitoring.RecordLabelAsync(TestModels.Id(1), true, Noon));
        Assert.False(Directory.Exists(Folder.Combine("labels")));
        await platform.StartAsync();
        await platform.DisposeAsync();
        var late = await Assert.ThrowsAsync<InvalidOperationException>(async () => await monitoring.RecordLabelAsync(TestModels.Id(1), true, Noon));
        var evaluation = await Assert.ThrowsAsync<InvalidOperationException>(() => monitoring.EvaluateAsync("tips"));
        var door = Assert.Throws<InvalidOperationException>(() => platform.Monitoring);

        Assert.Equal("Expected monitoring to be open, but the platform has not been started: start the host or the platform first.", early.Message);
        Assert.Equal("Expected monitoring to be open, but the platform has been closed.", late.Message);
        Assert.Equal(late.Message, evaluation.Message);
        Assert.Equal("Expected the platform to be open, but it has been closed.", door.Message);
    }

    private static IPredictionObserver Observer(MlPlatform platform) => platform.Services.GetRequiredService<IPredictionObserver>();

    private static (long Accepted, long Written) Counts(MlPlatform platform)
    {
        var counts = Assert.Single(platform.Monitoring.LogStatistics);
        return (counts.Accepted, counts.Written);
    }

    private static void Record(IPredictionSink sink, int count)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        for (var i = 0; i < count; i++)
        {
            rows.Float32Of(0)[0] = 5;
            LogHarness.Record(sink, rows, 0, i, (i % 100) / 100f);
        }
    }

    private static Dictionary<string, double> Measure(MlPlatform platform)
    {
        // Other tests of this process have meters of that name too.
        var meter = platform.Services.GetRequiredService<MonitoringMetrics>().Meter;
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (ReferenceEquals(instrument.Meter, meter))
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen[Key(instrument, tags)] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen[Key(instrument, tags)] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    private static string Key(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => tags.IsEmpty ? instrument.Name : instrument.Name + "{" + string.Join(',', tags.ToArray().Select(t => $"{t.Key}={t.Value}")) + "}";

    private IPredictionSink Attach(MlPlatform platform)
    {
        var model = TestModels.Serve(Layout);
        var profile = new ReferenceProfileBuilder().AddNumeric("x0", Enumerable.Range(0, 1000).Select(i => i / 1000f).ToArray()).Build();
        return Observer(platform).Attach(model with { Manifest = Profiles.Add(model.Manifest, profile) })!;
    }
}
