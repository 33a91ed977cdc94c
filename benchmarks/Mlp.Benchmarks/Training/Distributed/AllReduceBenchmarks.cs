using BenchmarkDotNet.Attributes;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>The sum of float32 buffers on all ranks: the in-process backend against the naive way with <see cref="Barrier"/>. Rank 0 is measured; the others follow it.</summary>
[MemoryDiagnoser]
[Config(typeof(SideBySide))]
#pragma warning disable CA1001 // GlobalCleanup disposes.
public class AllReduceBenchmarks
#pragma warning restore CA1001
{
    private IReadOnlyList<ProcessGroup> _groups = null!;
    private NaiveAllReduce _naive = null!;
    private float[][] _buffers = null!;

    /// <summary>Ranks.</summary>
    [Params(2, 4)]
    public int Ranks { get; set; }

    /// <summary>Kilobytes of each rank's buffer.</summary>
    [Params(4, 1024, 16 * 1024, 64 * 1024)]
    public int Kilobytes { get; set; }

    [GlobalSetup(Target = nameof(Barrier))]
    public void StartNaive()
    {
        Allocate();
        _naive = new(Ranks);
        Follow(rank => _naive.Reduce(rank, _buffers[rank]));
    }

    [GlobalSetup(Target = nameof(InProcess))]
    public void StartInProcess()
    {
        Allocate();
        _groups = ProcessGroup.CreateInProcess(Ranks);
        Follow(rank => _groups[rank].AllReduce<float>(_buffers[rank]));
    }

    /// <summary>Shared sums between barriers.</summary>
    [Benchmark(Baseline = true)]
    public void Barrier() => _naive.Reduce(0, _buffers[0]);

    /// <summary>The backend.</summary>
    [Benchmark]
    public void InProcess() => _groups[0].AllReduce<float>(_buffers[0]);

    /// <summary>The followers see that rank 0 has left, and end. Those of the naive way wait at its barrier until the process ends.</summary>
    [GlobalCleanup(Target = nameof(InProcess))]
    public async Task EndInProcessAsync() => await _groups[0].DisposeAsync().ConfigureAwait(false);

    private void Allocate() => _buffers = [.. Enumerable.Range(0, Ranks).Select(_ => new float[Kilobytes << 8])];

    private void Follow(Action<int> call)
    {
        for (var rank = 1; rank < Ranks; rank++)
        {
            var own = rank;
            new Thread(() => FollowUntilLost(own, call)) { IsBackground = true }.Start();
        }
    }

    private static void FollowUntilLost(int rank, Action<int> call)
    {
        try
        {
            while (true)
            {
                call(rank);
            }
        }
        catch (RankLostException)
        {
            // Rank 0 is done.
        }
    }
}
