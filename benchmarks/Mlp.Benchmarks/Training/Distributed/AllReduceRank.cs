using System.Diagnostics;
using System.Globalization;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary><c>allreduce-rank sockets|memory</c>: one rank that is a process, for <see cref="AllReducePairs"/>. It reads lines "bytes calls" and answers with microseconds per call.</summary>
internal static class AllReduceRank
{
    /// <summary>Runs until there are no more commands.</summary>
    /// <param name="way">How values are moved.</param>
    public static async Task RunAsync(string way)
    {
        var options = new ProcessGroupOptions();
        options.Transport.UseSharedMemory = way == "memory";
        await using var group = await ProcessGroup.ConnectAsync(options);
        Console.WriteLine("ready");
        var buffers = new Dictionary<int, float[]>();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var (bytes, calls) = (int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture), int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
            if (!buffers.TryGetValue(bytes, out var values))
            {
                buffers[bytes] = values = new float[bytes / sizeof(float)];
            }

            Call(group, values, (calls / 8) + 1);
            group.Barrier();
            var start = Stopwatch.GetTimestamp();
            Call(group, values, calls);
            Console.WriteLine((Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls).ToString("F3", CultureInfo.InvariantCulture));
        }
    }

    private static void Call(ProcessGroup group, float[] values, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            group.AllReduce<float>(values);
        }
    }
}
