using System.Diagnostics;
using System.Globalization;
using Mlp.Benchmarks.Soaks;
using Mlp.Training.Distributed.Scaling;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>overlap-latency --rounds 9 --steps 6 --megabits 1000</c>: a data-parallel step of two processes in network namespaces, with and without overlap, beside the same step without communication, in turns, at delays of 0, 1 and 5 ms
/// in each direction; and what <see cref="ScalingSimulator"/> says of it. Where namespaces with netem are not to be had it says why, and a relay on the loopback interface delays instead.
/// </summary>
internal static class OverlapLatency
{
    public const string Command = "overlap-latency";

    private static readonly double[] Delays = [0, 1, 5];

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (rounds, steps, megabits) = (arguments.Get("rounds", 9), arguments.Get("steps", 6), arguments.Get("megabits", 1000));
        using IDistantRanks hosts = NetworkNamespaces.TryCreate(out var reason) is { } namespaces ? namespaces : new RelayedRanks();
        if (reason.Length > 0)
        {
            Console.WriteLine($"Without network namespaces: {reason}\n");
        }

        var ranks = hosts.Start(OverlapRank.Command);
        try
        {
            Array.ForEach(ranks, r => Read(r));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Two ranks, {hosts.Network}; {OverlapRank.Units.Length} layers of {OverlapRank.Units[0]} units, {OverlapRank.BatchRows} rows each, {megabits} Mbit/s, {rounds} rounds of {steps} steps\n"));
            Console.WriteLine("| Delay | No communication | Without overlap | With overlap | Communication hidden | Without overlap, simulated | With overlap, simulated |");
            Console.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
            foreach (var delay in Delays)
            {
                hosts.Shape(ranks, TimeSpan.FromMilliseconds(delay), megabits);
                Print(delay, megabits, Measure(ranks, rounds, steps));
            }
        }
        finally
        {
            foreach (var rank in ranks)
            {
                rank.StandardInput.Close();
                if (!rank.WaitForExit(TimeSpan.FromSeconds(10)))
                {
                    rank.Kill(entireProcessTree: true);
                }

                rank.Dispose();
            }
        }
    }

    private static double[] Measure(Process[] ranks, int rounds, int steps)
    {
        var times = Enumerable.Range(0, OverlapRank.WayCount).Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var way = 0; way < times.Length; way++)
            {
                Array.ForEach(ranks, r => r.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{way} {steps}")));
                var answers = Array.ConvertAll(ranks, r => double.Parse(Read(r), CultureInfo.InvariantCulture));
                if (round >= 0)
                {
                    times[way].Add(answers.Max());
                }
            }
        }

        return Array.ConvertAll(times, t => t.Order().ElementAt(t.Count / 2));
    }

    private static void Print(double delay, int megabits, double[] milliseconds)
    {
        var (step, without, with) = (milliseconds[0], milliseconds[1], milliseconds[2]);
        var cluster = new ClusterDescription
        {
            DevicesPerHost = 1,
            NetworkBytesPerSecond = megabits * 1e6 / 8,
            NetworkLatency = TimeSpan.FromMilliseconds(delay),
        };
        var profile = Profile(TimeSpan.FromMilliseconds(step));
        double Simulated(bool overlaps) => ScalingSimulator.Predict(profile, 2, cluster, ReductionModel.Ring, overlaps).Step.TotalMilliseconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {delay} ms | {step:N1} ms | {without:N1} ms | {with:N1} ms | {(without - with) / (without - step):P0} | {Simulated(false):N1} ms | {Simulated(true):N1} ms |"));
    }

    /// <summary>Layers are added up to the buckets that the trainer sends: the last layers' first, cut by its bucket sizes.</summary>
    private static StepProfile Profile(TimeSpan step)
    {
        var (layers, inputs) = (new List<(long, double)>(), 64);
        foreach (var outputs in OverlapRank.Units.Append(1))
        {
            layers.Add((((long)inputs + 1) * outputs * sizeof(float), (double)inputs * outputs));
            inputs = outputs;
        }

        var whole = StepProfile.FromLayers(step, layers);
        var (buckets, bytes) = (new List<GradientReady>(), 0L);
        foreach (var gradient in whole.Gradients)
        {
            bytes += gradient.ByteCount;
            if (bytes >= OverlapRank.BucketBytes || gradient == whole.Gradients[^1])
            {
                buckets.Add(new(bytes, gradient.ReadyAt));
                bytes = 0;
            }
        }

        return new(whole.Forward, whole.Backward, whole.Update, buckets);
    }

    private static string Read(Process rank) => rank.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Expected a rank to answer, but it has ended.");
}
