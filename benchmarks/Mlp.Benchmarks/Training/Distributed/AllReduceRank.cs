using System.Diagnostics;
using System.Globalization;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary><c>allreduce-rank memory|sockets|ring|halving-doubling</c>: one rank that is a process, for <see cref="AllReducePairs"/>. It reads lines "bytes calls refill" and answers with microseconds per call.</summary>
internal static class AllReduceRank
{
    /// <summary>Runs until there are no more commands.</summary>
    /// <param name="way">How values are moved.</param>
    public static async Task RunAsync(string way)
    {
        var options = new ProcessGroupOptions();
        options.Transport.UseSharedMemory = way == "memory";
        options.Transport.Algorithm = way switch
        {
            "ring" => ReductionAlgorithm.Ring,
            "halving-doubling" => ReductionAlgorithm.HalvingDoubling,
            _ => ReductionAlgorithm.Direct,
        };
        await using var group = await ProcessGroup.ConnectAsync(options);
        Console.WriteLine("ready");
        var buffers = new Dictionary<int, float[]>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = Array.ConvertAll(line.Split(' '), w => int.Parse(w, CultureInfo.InvariantCulture));
            var (bytes, calls, refill) = (words[0], words[1], words[2] != 0);
            if (!buffers.TryGetValue(bytes, out var values))
            {
                buffers[bytes] = values = new float[bytes / sizeof(float)];
            }

            Measure(group, values, (calls / 8) + 1, refill);
            group.Barrier();
            Console.WriteLine((Measure(group, values, calls, refill).TotalMicroseconds / calls).ToString("F3", CultureInfo.InvariantCulture));
        }
    }

    private static TimeSpan Measure(ProcessGroup group, float[] values, int calls, bool refill)
    {
        var (reducing, start) = (TimeSpan.Zero, Stopwatch.GetTimestamp());
        for (var call = 0; call < calls; call++)
        {
            if (refill)
            {
                values.AsSpan().Fill(1);
                group.Barrier();
                start = Stopwatch.GetTimestamp();
            }

            group.AllReduce<float>(values);
            reducing += refill ? Stopwatch.GetElapsedTime(start) : TimeSpan.Zero;
        }

        return refill ? reducing : Stopwatch.GetElapsedTime(start);
    }
}
