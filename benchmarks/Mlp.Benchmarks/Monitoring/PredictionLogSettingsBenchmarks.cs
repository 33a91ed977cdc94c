using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>What redaction and sampling add to the caller's side of logging a prediction of 40 floats, a text, an integer and a tag. The writers rest while callers are measured.</summary>
[MemoryDiagnoser]
[MedianColumn]
[Config(typeof(OneShot))]
#pragma warning disable CA1001 // GlobalCleanup disposes.
public class PredictionLogSettingsBenchmarks
#pragma warning restore CA1001
{
    private const int Calls = 8192;

    private static readonly byte[] HashKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private static readonly double[] Scores = [0.5];

    private static readonly KeyValuePair<string, string>[] Tags = [new("user", "jane.doe@example.org")];

    private BenchmarkLog _log = null!;
    private FeatureRows _rows = null!;

    [GlobalSetup(Target = nameof(Plain))]
    public Task SetupPlainAsync() => OpenAsync(Default);

    [GlobalSetup(Target = nameof(Bucket))]
    public Task SetupBucketAsync() => OpenAsync(With(new RedactionOptions().Bucket("x0", 10)));

    [GlobalSetup(Target = nameof(HashText))]
    public Task SetupHashTextAsync() => OpenAsync(With(new RedactionOptions().Hash(HashKey, "name")));

    [GlobalSetup(Target = nameof(HashInteger))]
    public Task SetupHashIntegerAsync() => OpenAsync(With(new RedactionOptions().Hash(HashKey, "badge")));

    [GlobalSetup(Target = nameof(HashTag))]
    public Task SetupHashTagAsync() => OpenAsync(With(new RedactionOptions().HashTags(HashKey, "user")));

    [GlobalSetup(Target = nameof(EraseTag))]
    public Task SetupEraseTagAsync() => OpenAsync(With(new RedactionOptions().EraseTags("user")));

    [GlobalSetup(Target = nameof(SampleAll))]
    public Task SetupSampleAllAsync() => OpenAsync(With(new SamplingOptions { Rate = 1 }));

    [GlobalSetup(Target = nameof(SampleTenth))]
    public Task SetupSampleTenthAsync() => OpenAsync(With(new SamplingOptions { Rate = 0.1 }));

    [IterationSetup]
    public void Empty() => _log.Writer.FlushAsync(null, CancellationToken.None).GetAwaiter().GetResult();

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

    [Benchmark(Baseline = true, OperationsPerInvoke = Calls, Description = "plain")]
    public void Plain() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "a float in buckets")]
    public void Bucket() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "HMAC of a text")]
    public void HashText() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "HMAC of an integer")]
    public void HashInteger() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "HMAC of a tag")]
    public void HashTag() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "a tag erased")]
    public void EraseTag() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "sampling, all kept")]
    public void SampleAll() => Record();

    [Benchmark(OperationsPerInvoke = Calls, Description = "sampling, a tenth kept")]
    public void SampleTenth() => Record();

    private static PredictionLogConfiguration Default { get; } = PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMinutes(1), BufferByteCount = 64 << 20 };

    private static PredictionLogConfiguration With(RedactionOptions options)
        => Default with { Redaction = new Dictionary<string, RedactionConfiguration> { [BenchmarkLog.ModelName] = RedactionConfiguration.From(options) } };

    private static PredictionLogConfiguration With(SamplingOptions options)
        => Default with { Sampling = new Dictionary<string, SamplingConfiguration> { [BenchmarkLog.ModelName] = SamplingConfiguration.From(options) } };

    private async Task OpenAsync(PredictionLogConfiguration configuration)
    {
        var floats = Enumerable.Range(0, 40).Select(i => new FeatureColumn($"x{i}", FeatureType.Float32, "v"));
        _log = await BenchmarkLog.OpenAsync(new FeatureRowLayout([.. floats, new("name", FeatureType.String, "v"), new("badge", FeatureType.Int64, "v")]), configuration);
        _rows = _log.CreateRow(seed: 1);
        _rows.SetString(0, 0, "Jane Doe of Nowhere");
    }

    private void Record()
    {
        for (var i = 0; i < Calls; i++)
        {
            _log.Sink.Record(new PredictionRecord
            {
                Id = new PredictionId(1, (ulong)i),
                EventTime = i,
                RequestTime = i,
                LatencyNanoseconds = 100,
                Outcome = PredictionOutcome.Ok,
                Features = _rows.RowOf(0),
                Scores = Scores,
                Tags = Tags,
            });
        }
    }

    private sealed class OneShot : ManualConfig
    {
        public OneShot() => AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithInvocationCount(1)
            .WithUnrollFactor(1)
            .WithWarmupCount(50)
            .WithIterationCount(30));
    }
}
