using Apache.Arrow;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Sampling;
using Mlp.Monitoring.Tests.Alerts;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Sampling;

public sealed class SampledLogTests
{
    private const int Count = 20_000;

    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Record_Sampled_WeightsEstimateAllTrafficAndAllIsAccountedFor(bool isWatched)
    {
        var listener = isWatched ? new RecordingListener() : null;
        await using var log = new LogHarness(configuration: With(new SamplingOptions { Rate = 0.1, ThresholdMargin = 0.02 }), listeners: listener);
        RecordMany(log.Writer.Attach(TestModels.Serve(Layout))!, out var sum);
        await log.FlushAsync();

        var statistics = log.Statistics;
        Assert.Equal((Count, 0L, 0L), (statistics.Accepted, statistics.Dropped, statistics.Pending));
        Assert.Equal(Count, statistics.Written + statistics.SampledOut);
        var rows = (await log.ReadAsync()).SelectMany(Rows).ToList();
        Assert.Equal(statistics.Written, rows.Count);
        Assert.Equal([1, 10], rows.Select(r => r.Weight).Distinct().Order());
        Assert.All(rows, r => Assert.Equal(Math.Abs(r.Score - 0.5) <= 0.02 ? 1 : 10, r.Weight));

        // Of n rows drawn at a rate the estimate of a sum of numbers up to 1 lies within sqrt(n (1 - rate) / rate) times 5 of it.
        Assert.InRange(rows.Sum(r => r.Weight), Count - (5 * Math.Sqrt(Count * 9.0)), Count + (5 * Math.Sqrt(Count * 9.0)));
        Assert.InRange(rows.Sum(r => r.Weight * r.Score), sum - (5 * Math.Sqrt(Count * 9.0)), sum + (5 * Math.Sqrt(Count * 9.0)));
    }

    [Fact]
    public async Task OnBatchAsync_Sampled_SeesEveryPredictionWithItsOwnWeight()
    {
        var listener = new RecordingListener();
        await using var log = new LogHarness(configuration: With(new SamplingOptions { Rate = 0.25 }), listeners: listener);
        RecordMany(log.Writer.Attach(TestModels.Serve(Layout))!, out var sum);
        await log.FlushAsync();

        Assert.Equal(Count, listener.Rows.Count);
        Assert.All(listener.Rows, r => Assert.Equal(1, r.Weight));
        Assert.Equal(sum, listener.Rows.Sum(r => r.Score!.Value), tolerance: 1e-6);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (float?)i), listener.Rows.Select(r => r.First).Order());
        Assert.Equal(2, listener.Schemas.Count);
        var narrow = listener.Schemas.MinBy(s => s.Length)!;
        Assert.Contains("f_x0__status", narrow, StringComparison.Ordinal);
        Assert.DoesNotContain("entity_key", narrow, StringComparison.Ordinal);
        Assert.DoesNotContain("prediction_id", narrow, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1, SamplingUnit.Request, 3)]
    [InlineData(0.0, SamplingUnit.Request, 0)]
    [InlineData(0.1, SamplingUnit.Entity, 0)]
    public async Task CheckLabelsAsync_Sampled_TellsLeftOutFromLost(double rate, SamplingUnit unit, int expectedUnknown)
    {
        var configuration = With(new SamplingOptions { Rate = rate, Unit = unit });
        await using var log = new LogHarness(configuration: configuration);
        RecordMany(log.Writer.Attach(TestModels.Serve(Layout))!, out _);
        await log.FlushAsync();
        using var labels = new LabelStore(log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        using var performance = new LivePerformance(
            log.Directory, labels, 1_000_000, configuration: LiveQualityConfiguration.Default with { Sampling = configuration.Sampling });
        var observed = DateTimeOffset.UnixEpoch.AddDays(1);

        // Of 20,000 predictions, and three that the draw keeps but no log holds.
        var limit = PredictionSampler.LimitOf(0.1);
        var lost = Enumerable.Range(Count, 1_000).Select(i => TestModels.Id(i)).Where(id => PredictionSampler.DrawOf(id) < limit).Take(3);
        await labels.RecordAsync(Enumerable.Range(0, Count).Select(i => TestModels.Id(i)).Concat(lost).Select(id => Label.ForPrediction(id, true, observed)).ToArray(), default);
        await labels.RecordAsync(new[] { Label.ForEntity("tips", (EntityValue[])["nobody", 8], observed, 1, observed) }, default);

        var report = await performance.CheckLabelsAsync(default);

        Assert.Equal(expectedUnknown, report.UnknownCount);
        Assert.Equal(Count + 4 - await log.CountAsync(), report.SampledOutCount + report.UnknownCount);
        Assert.Empty(report.UnknownEntityCounts);
        Assert.Equal(expectedUnknown > 0 ? 1 : 0, report.Findings.Count);
    }

    [Fact]
    public async Task Record_ShadowOfASampledRoute_MultipliesTheWeights()
    {
        await using var log = new LogHarness(configuration: With(new SamplingOptions { Rate = 0.5 }));
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 100; i++)
        {
            LogHarness.RecordAs(sink, rows, i, 0.5, weight: 4);
        }

        await log.FlushAsync();

        Assert.All((await log.ReadAsync()).SelectMany(Rows), r => Assert.Equal(8, r.Weight));
    }

    [Fact]
    public async Task Record_ListenerFails_SampledOutRowsAreNotCopiedAnyMoreAndStillCounted()
    {
        var listener = new RecordingListener { Failure = new InvalidOperationException("broken") };
        await using var log = new LogHarness(configuration: With(new SamplingOptions { Rate = 0 }), listeners: listener);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        RecordMany(sink, out _);
        await log.FlushAsync();
        RecordMany(sink, out _);

        Assert.Equal((2 * Count, 2 * Count, 0L), (log.Statistics.Accepted, log.Statistics.SampledOut, log.Statistics.Pending));
    }

    [Fact]
    public async Task Record_SampledOut_AllocatesNothing()
    {
        await using var log = new LogHarness(configuration: With(new SamplingOptions { Rate = 0.01 }) with { CommitInterval = TimeSpan.FromMinutes(1) });
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                LogHarness.Record(sink, rows, 0, i, 0.5);
            }
        }));
    }

    [Fact]
    public async Task Record_StormOnASmallBuffer_AcceptedIsWrittenPlusDroppedPlusSampledOut()
    {
        const int Callers = 4;
        var listener = new RecordingListener();
        var configuration = With(new SamplingOptions { Rate = 0.5 }) with { CommitInterval = TimeSpan.FromMilliseconds(1), BufferByteCount = 64 * 1024 };
        await using var log = new LogHarness(configuration: configuration, listeners: listener);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => RecordMany(sink, out var _))));
        await log.FlushAsync();

        var statistics = log.Statistics;
        Assert.Equal(Callers * Count, statistics.Accepted);
        Assert.Equal(statistics.Accepted, statistics.Written + statistics.Dropped + statistics.SampledOut);
        Assert.Equal(0, statistics.Pending);
        Assert.Equal(statistics.Written, await log.CountAsync());
        Assert.Equal(statistics.Written + statistics.SampledOut, listener.Rows.Count);
    }

    [Fact]
    public async Task Record_RuleThrows_IsCountedAndLoggedOnce()
    {
        using var folder = new TempDirectory();
        var logger = new RecordingLogger<PredictionLogWriter>();
        var configuration = With(new SamplingOptions { Rate = 0.1 }.KeepWhere((in PredictionRecord _) => throw new InvalidOperationException("broken")));
        await using var writer = new PredictionLogWriter(
            new DataDirectory(folder.FullName, MlPlatformMode.Owner), configuration, _ => true, DiskSync.Instance, TimeProvider.System, logger);
        await writer.OpenAsync(default);
        var sink = writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 50; i++)
        {
            LogHarness.Record(sink, rows, 0, i, 0.5);
            await writer.FlushAsync(null, default);
        }

        var statistics = Assert.Single(writer.Statistics);
        Assert.Equal((50, 50L), (statistics.Written, statistics.SamplingRuleFailures));
        Assert.StartsWith("The rule by which predictions of model tips version 1 are kept throws", Assert.Single(logger.Lines).Message, StringComparison.Ordinal);
    }

    private static PredictionLogConfiguration With(SamplingOptions options)
        => PredictionLogConfiguration.Default with { Sampling = new Dictionary<string, SamplingConfiguration> { ["tips"] = SamplingConfiguration.From(options) } };

    private static void RecordMany(IPredictionSink sink, out double sum)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        sum = 0;
        for (var i = 0; i < Count; i++)
        {
            rows.Float32Of(0)[0] = i;
            var score = i % 1_000 / 1_000.0;
            sum += score;
            LogHarness.RecordAs(sink, rows, i, score);
        }
    }

    private static IEnumerable<(double Score, double Weight)> Rows(RecordBatch batch)
    {
        var scores = ((DoubleArray)batch.Column("score")).Values.ToArray();
        return scores.Zip(((DoubleArray)batch.Column("sampling_weight")).Values.ToArray());
    }
}
