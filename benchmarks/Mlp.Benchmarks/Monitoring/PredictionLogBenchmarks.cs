using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>What logging costs the caller of a prediction, against the usual way: allocate a record and send it through a bounded channel. The writers rest while callers are measured.</summary>
[MemoryDiagnoser]
[Config(typeof(OneShot))]
#pragma warning disable CA1001 // GlobalCleanup disposes.
public class PredictionLogBenchmarks
#pragma warning restore CA1001
{
    private const int Calls = 8192;

    private string _folder = string.Empty;
    private PredictionLogWriter _log = null!;
    private IPredictionSink _sink = null!;
    private Channel<LoggedPrediction> _channel = null!;
    private FeatureRows _rows = null!;

    [Params(4, 40, 400)]
    public int Features { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mlp-bench-").FullName;
        var layout = new FeatureRowLayout([.. Enumerable.Range(0, Features).Select(i => new FeatureColumn($"x{i}", FeatureType.Float32, "v"))]);
        _rows = new FeatureRows(layout, 1);
        _rows.Status.Fill(FeatureStatus.Present);
        _rows.Float32.Fill(1.5f);
        _log = new PredictionLogWriter(
            new DataDirectory(_folder, MlPlatformMode.Owner),

            // Writers are woken where another quarter of a ring begins to fill: rarely, with rings so large.
            PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMinutes(1), BufferByteCount = Calls * ((Features * 5) + 200) * 16 },
            _ => true,
            DiskSync.Instance,
            TimeProvider.System,
            NullLogger<PredictionLogWriter>.Instance);
        await _log.OpenAsync(CancellationToken.None);
        _sink = _log.Attach(Serve(layout))!;
        _channel = Channel.CreateBounded<LoggedPrediction>(new BoundedChannelOptions(Calls * 2) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    }

    [IterationSetup]
    public void Empty()
    {
        _log.FlushAsync(null, CancellationToken.None).GetAwaiter().GetResult();
        while (_channel.Reader.TryRead(out _))
        {
        }
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        var counts = _log.Statistics.Single();
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
            _sink.Record(Prediction(i));
        }
    }

    [Benchmark(OperationsPerInvoke = Calls, Description = "prediction log, on the device")]
    public async Task RecordAndFlushAsync()
    {
        Record();
        await _log.FlushAsync(null, CancellationToken.None);
    }

    private static ServedModel Serve(FeatureRowLayout layout) => new(
        new ModelManifest
        {
            Name = "bench",
            Version = 1,
            CreatedAt = DateTimeOffset.UnixEpoch,
            OnnxSha256 = new string('0', 64),
            OnnxByteCount = 1,
            Signature = new ModelSignature([], [new TensorSpecification("p", TensorElementKind.Float32, [-1, 1])]),
            Output = new ModelOutput { Task = ModelTask.BinaryClassification, ScoreOutput = "p" },
        },
        "champion",
        [],
        layout);

    private PredictionRecord Prediction(int i) => new()
    {
        Id = new PredictionId(1, (ulong)i),
        EventTime = i,
        RequestTime = i,
        LatencyNanoseconds = 100,
        Outcome = PredictionOutcome.Ok,
        Features = _rows.RowOf(0),
        Scores = [0.5],
    };

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
