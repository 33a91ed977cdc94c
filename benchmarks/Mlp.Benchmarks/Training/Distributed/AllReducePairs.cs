using System.Globalization;
using Mlp.Benchmarks.Soaks;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>allreduce-pairs --ranks 2 --rounds 15</c>: the sum of float32 buffers on all ranks, by the in-process backend, a naive one, processes that share memory, use sockets or Open MPI, Open MPI itself and PyTorch's Gloo, in turns, beside what copying memory costs. Ways whose library is not
/// installed are left out. <c>--kilobytes 1024</c> measures one size; <c>--refill 1</c> lets each rank write its buffer anew before each call; <c>--algorithms 1</c> measures the ways of values over sockets alone.
/// </summary>
internal static class AllReducePairs
{
    private static readonly int[] Kilobytes = [4, 1024, 16 * 1024, 64 * 1024];

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (ranks, rounds, only, refill) = (arguments.Get("ranks", 2), arguments.Get("rounds", 15), arguments.Get("kilobytes", 0), arguments.Get("refill", 0) != 0);
        var ways = arguments.Get("algorithms", 0) != 0 ? Algorithms(ranks) : Ways(ranks);
        foreach (var kilobytes in Kilobytes.Where(k => only == 0 || k == only))
        {
            Measure(ways, ranks, kilobytes << 10, rounds, refill);
        }

        ways.ForEach(w => w.Dispose());
    }

    private static List<IAllReduceWay> Ways(int ranks)
        => [.. new IAllReduceWay?[] { ThreadRanks.InProcess(ranks), ThreadRanks.Naive(ranks), PeerProcesses.Own(ranks, "memory"), PeerProcesses.Own(ranks, "sockets"), PeerProcesses.OwnMpi(ranks, "mpi"), PeerProcesses.OwnMpi(ranks, "mpi-unchecked"), PeerProcesses.OpenMpi(ranks), PeerProcesses.Gloo(ranks), ThreadRanks.Copies(ranks) }.OfType<IAllReduceWay>()];

    private static List<IAllReduceWay> Algorithms(int ranks)
        => [PeerProcesses.Own(ranks, "sockets"), PeerProcesses.Own(ranks, "ring"), PeerProcesses.Own(ranks, "halving-doubling"), ThreadRanks.Copies(ranks)];

    private static void Measure(List<IAllReduceWay> ways, int ranks, int byteCount, int rounds, bool refill)
    {
        // About 20 ms a turn, so that what else the machine does meets all alike.
        var calls = Math.Clamp(40_000_000 / byteCount, 2, 1000);
        var times = ways.Select(_ => new List<double>()).ToArray();
        for (var round = -2; round < rounds; round++)
        {
            for (var way = 0; way < ways.Count; way++)
            {
                var time = ways[way].Measure(byteCount, calls, refill);
                if (round >= 0)
                {
                    times[way].Add(time);
                }
            }
        }

        // A copy reads and writes each rank's bytes, and so does the least that a reduction can do.
        var copy = times[^1];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{byteCount >> 10:N0} KB, {ranks} ranks, {rounds} rounds of {calls} calls{(refill ? ", buffers written anew" : "")}\n"));
        Console.WriteLine($"| Way | Least | Median | GB/s | Times {ways[0].Name} | Share of the copy's bandwidth |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        for (var way = 0; way < ways.Count; way++)
        {
            var median = Quantile(times[way], 0.5);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {ways[way].Name} | {Quantile(times[way], 0):N1} µs | {median:N1} µs | {byteCount / median / 1e3:N2} | {Quantile(times[way].Zip(times[0], (t, first) => t / first), 0.5):N2} | {Quantile(copy.Zip(times[way], (c, t) => c / t), 0.5):P0} |"));
        }
    }

    private static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(share * (sorted.Length - 1))];
    }
}
