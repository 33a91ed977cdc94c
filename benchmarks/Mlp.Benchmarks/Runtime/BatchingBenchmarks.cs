using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// 64 callers at once with dynamic batching and without, those who await and those who block; one caller alone; and what the same rows cost when one caller has them all, which is what
/// the cost curve promises. Times are per call. Latencies and the gain against the curve, pair by pair: <c>batching-pairs</c>.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(Rounds))]
public class BatchingBenchmarks
{
    private const int Callers = 64;
    private const int Calls = 50;
    private const int AllCalls = Callers * Calls;

    private BatchingLoad _load = null!;

    /// <summary>Widths of the layers.</summary>
    [Params("64-256-256-1", "256-1024-1024-1")]
    public string Layers { get; set; } = "64-256-256-1";

    [GlobalSetup]
    public async Task SetUpAsync() => _load = await BatchingLoad.CreateAsync(Layers);

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _load.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = AllCalls, Description = "64 awaiting, plain")]
    public Task AwaitingPlainAsync() => _load.RunAsync(isBatched: false, Callers, Calls);

    [Benchmark(OperationsPerInvoke = AllCalls, Description = "64 awaiting, batched")]
    public Task AwaitingBatchedAsync() => _load.RunAsync(isBatched: true, Callers, Calls);

    [Benchmark(OperationsPerInvoke = AllCalls, Description = "64 blocking, plain")]
    public void BlockingPlain() => _load.RunBlocking(isBatched: false, Callers, Calls);

    [Benchmark(OperationsPerInvoke = AllCalls, Description = "64 blocking, batched")]
    public void BlockingBatched() => _load.RunBlocking(isBatched: true, Callers, Calls);

    [Benchmark(OperationsPerInvoke = AllCalls, Description = "1 caller, plain")]
    public void AlonePlain() => _load.RunAlone(isBatched: false, AllCalls);

    [Benchmark(OperationsPerInvoke = AllCalls, Description = "1 caller, batched")]
    public void AloneBatched() => _load.RunAlone(isBatched: true, AllCalls);

    [Benchmark(OperationsPerInvoke = AllCalls, Description = "1 caller with 64 rows a call")]
    public void WholeBatches() => _load.RunWholeBatches(Callers, Calls);

    /// <summary>In this process, one round of all callers per iteration.</summary>
    private sealed class Rounds : ManualConfig
    {
        public Rounds() => AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithStrategy(RunStrategy.Monitoring)
            .WithWarmupCount(5)
            .WithIterationCount(20));
    }
}
