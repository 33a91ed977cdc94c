using System.Diagnostics;
using System.Globalization;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>allreduce-rank memory|sockets|ring|halving-doubling</c>, or <c>allreduce-rank mpi|mpi-unchecked PIPE</c> below mpirun: one rank that is a process, for <see cref="AllReducePairs"/>. It reads lines "bytes calls refill", below mpirun from its own
/// pipe, and answers with microseconds per call, below mpirun on rank 0 alone.
/// </summary>
internal static class AllReduceRank
{
    /// <summary>Runs until there are no more commands.</summary>
    /// <param name="way">How values are moved.</param>
    /// <param name="pipe">Beginning of the pipes' names, which end in a point and the rank; null for the standard streams.</param>
    public static async Task RunAsync(string way, string? pipe)
    {
        var options = new ProcessGroupOptions { Backend = pipe is null ? CollectiveTransport.Tcp : CollectiveTransport.Mpi };
        options.Transport.UseSharedMemory = way == "memory";
        options.Mpi.CheckCalls = way != "mpi-unchecked";
        options.Transport.Algorithm = way switch
        {
            "ring" => ReductionAlgorithm.Ring,
            "halving-doubling" => ReductionAlgorithm.HalvingDoubling,
            _ => ReductionAlgorithm.Direct,
        };
        await using var group = await ProcessGroup.ConnectAsync(options);
        using var commands = pipe is null ? Console.In : new StreamReader(string.Create(CultureInfo.InvariantCulture, $"{pipe}.{group.Rank}"));
        var answers = pipe is null || group.Rank == 0 ? Console.Out : TextWriter.Null;
        answers.WriteLine("ready");
        var buffers = new Dictionary<int, float[]>();
        while (await commands.ReadLineAsync() is { } line)
        {
            var words = Array.ConvertAll(line.Split(' '), w => int.Parse(w, CultureInfo.InvariantCulture));
            var (bytes, calls, refill) = (words[0], words[1], words[2] != 0);
            if (!buffers.TryGetValue(bytes, out var values))
            {
                buffers[bytes] = values = new float[bytes / sizeof(float)];
            }

            Measure(group, values, (calls / 8) + 1, refill);
            group.Barrier();
            answers.WriteLine((Measure(group, values, calls, refill).TotalMicroseconds / calls).ToString("F3", CultureInfo.InvariantCulture));
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
