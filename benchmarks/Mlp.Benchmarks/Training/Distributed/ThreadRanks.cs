using System.Diagnostics;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Ranks that are threads of this process.</summary>
/// <param name="name">What the table calls them.</param>
/// <param name="ranks">What each rank does with its buffer in a call.</param>
/// <param name="onEnd">Frees what they share.</param>
internal sealed class ThreadRanks(string name, IReadOnlyList<Action<float[]>> ranks, Action? onEnd = null) : IAllReduceWay
{
    private readonly Dictionary<int, float[][]> _buffers = [];

    /// <inheritdoc/>
    public string Name => name;

    /// <summary>The in-process backend.</summary>
    public static ThreadRanks InProcess(int worldSize)
    {
        var groups = ProcessGroup.CreateInProcess(worldSize);
        return new("in-process", [.. groups.Select(g => (Action<float[]>)(values => g.AllReduce<float>(values)))], () => DisposeAll(groups));
    }

    /// <summary>Each rank sums a slice of all buffers into shared memory and copies the whole from there, with a <see cref="Barrier"/> between the steps.</summary>
    public static ThreadRanks Naive(int worldSize)
    {
        var sum = new NaiveAllReduce(worldSize);
        return new("threads with System.Threading.Barrier", [.. Enumerable.Range(0, worldSize).Select(r => (Action<float[]>)(values => sum.Reduce(r, values)))], sum.Dispose);
    }

    /// <summary>Each rank copies its buffer: what the machine's memory gives.</summary>
    public static ThreadRanks Copies(int worldSize)
    {
        var targets = Enumerable.Range(0, worldSize).Select(_ => new Dictionary<int, float[]>()).ToArray();
        return new("memory copy", [.. targets.Select(t => (Action<float[]>)(values =>
        {
            if (!t.TryGetValue(values.Length, out var target))
            {
                t[values.Length] = target = new float[values.Length];
            }

            values.CopyTo(target, 0);
        }))]);
    }

    /// <inheritdoc/>
    public double Measure(int byteCount, int calls, bool refill)
    {
        if (!_buffers.TryGetValue(byteCount, out var buffers))
        {
            _buffers[byteCount] = buffers = [.. ranks.Select(_ => new float[byteCount / sizeof(float)])];
        }

        var elapsed = TimeSpan.Zero;
        ProcessGroup.RunInProcess(ranks.Count, g =>
        {
            var own = Run(g, ranks[g.Rank], buffers[g.Rank], calls, refill);
            if (g.Rank == 0)
            {
                elapsed = own;
            }
        });
        return elapsed.TotalMicroseconds / calls;
    }

    /// <inheritdoc/>
    public void Dispose() => onEnd?.Invoke();

    // The group only lets the ranks begin together.
    private static TimeSpan Run(ProcessGroup ranks, Action<float[]> reduce, float[] values, int calls, bool refill)
    {
        for (var call = 0; call <= calls / 8; call++)
        {
            reduce(values);
        }

        ranks.Barrier();
        var (elapsed, start) = (TimeSpan.Zero, Stopwatch.GetTimestamp());
        for (var call = 0; call < calls; call++)
        {
            if (refill)
            {
                Array.Clear(values);
                ranks.Barrier();
                start = Stopwatch.GetTimestamp();
            }

            reduce(values);
            elapsed += refill ? Stopwatch.GetElapsedTime(start) : TimeSpan.Zero;
        }

        return refill ? elapsed : Stopwatch.GetElapsedTime(start);
    }

    private static void DisposeAll(IReadOnlyList<ProcessGroup> groups)
    {
        foreach (var group in groups)
        {
            group.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
