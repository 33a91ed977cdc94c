using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>What logging costs the caller of a prediction, against the usual way: allocate a record and send it through a bounded channel. The writers rest while callers are measured.</summary>
[MemoryDiagnoser]
[MedianColumn]
[Config(typeof(OneShot))]
#pragma warning disable CA1001 // GlobalCleanup disposes.
public class PredictionLogBenchmarks
#pragma warning restore CA1001
{
    private const int Calls = 8192;

    private static readonly double[] Scores = [0.5];

    private BenchmarkLog _log = null!;
    private Channel<LoggedPrediction> _channel = null!;
    private FeatureRows _rows = null!;

    [Params(4, 40, 400)]
    public int Features { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        // Writers are woken where another quarter of a ring begins to fill: rarely, with rings so large.
        _log = await BenchmarkLog.OpenAsync(
            Features, PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMinutes(1), BufferByteCount = Calls * ((Features * 5) + 200) * 16 });
        _rows = _log.CreateRow(seed: 1);
        _channel = Channel.CreateBounded<LoggedPrediction>(new BoundedChannelOptions(Calls * 2) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    }

    [IterationSetup]
    public void Empty()
    {
        _log.Writer.FlushAsync(null, CancellationToken.None).GetAwaiter().GetResult();
        while (_channel.Reader.TryRead(out _))
        {
        }
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _log.DisposeAsync();
        var counts = _log.Statistics;
        if (counts.Dropped > 0)
        {
            throw new InvalidOperationException($"Expected no drops, but found {counts.Dropped} of {counts.Accepted}: dropping was measured, not logging.");
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Calls, Description = "allocate + bounded channel")]
    public void AllocateAndSend()
    {
        for (var i = 0; i < Calls; i++)
        {
            _channel.Writer.TryWrite(new LoggedPrediction(
                Guid.Empty, i, i, 100, PredictionOutcome.Ok, _rows.Float32Of(0).ToArray(), _rows.StatusOf(0).ToArray(), _rows.EventTimesOf(0).ToArray(), [0.5f]));
        }
    }

    [Benchmark(OperationsPerInvoke = Calls, Description = "prediction log")]
    public void Record()
    {
        for (var i = 0; i < Calls; i++)
        {
            // Made where it is passed on, as the platform does: a copy would have to wait until the record before has reached its memory.
            _log.Sink.Record(new PredictionRecord
            {
                Id = new PredictionId(1, (ulong)i),
                EventTime = i,
                RequestTime = i,
                LatencyNanoseconds = 100,
                Outcome = PredictionOutcome.Ok,
                Features = _rows.RowOf(0),
                Scores = Scores,
            });
        }
    }

    [Benchmark(OperationsPerInvoke = Calls, Description = "prediction log, on the device")]
    public async Task RecordAndFlushAsync()
    {
        Record();
        await _log.Writer.FlushAsync(null, CancellationToken.None);
    }

    private sealed record LoggedPrediction(
        Guid Id, long EventTime, long RequestTime, long Latency, PredictionOutcome Outcome, float[] Features, FeatureStatus[] Statuses, long[] EventTimes, double[] Outputs);

    private sealed class OneShot : ManualConfig
    {
        public OneShot() => AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithWarmupCount(100)
            .WithIterationCount(20));
    }
}
