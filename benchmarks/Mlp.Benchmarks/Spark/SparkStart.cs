using System.Globalization;
using System.Text.RegularExpressions;
using Mlp.Benchmarks.Soaks;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Spark;

/// <summary>
/// <c>spark-start --rounds 15</c>: milliseconds from the start of a fresh daemon, as it is shipped, to its first call of a model, and in a daemon that is warm from the moment before a task is sent to the call. This
/// process plays Spark; tasks have the layout of 4.1 and a batch of 10,000 rows. The worker's log says when it calls. Needs <c>MLP_REFERENCE_DATA</c> and the worker's archive.
/// </summary>
internal static partial class SparkStart
{
    public const string Command = "spark-start";

    private const int BatchRows = 10_000;
    private const int WarmTasks = 40;
    private const double FreshTargetMilliseconds = 1000;
    private const double WarmTargetMilliseconds = 5;
    private static readonly string[] Moments = ["Waits for Spark.", "Runs ", "Loaded ", "Calls "];

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>The exit code: 0 when all targets are met.</returns>
    public static async Task<int> RunAsync(SoakArguments arguments)
    {
        var rounds = arguments.Get("rounds", 15);
        using var folder = new TempDirectory();
        var worker = await UnpackedWorker.UnpackAsync(folder.Combine("worker"));
        var hasMet = true;
        Console.WriteLine("| Model | From exec to | Least | Median | Most |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: |");
        foreach (var name in new[] { "gbt", "mlp" })
        {
            var model = await PeerModel.ExportAsync(name, folder.FullName);
            var task = TaskBytes.Map(model.Command, PeerModel.Rows(new Random(1), BatchRows));
            var fresh = new List<double[]>();
            var warm = new List<double>();
            for (var round = -1; round < rounds; round++)
            {
                var (start, calls) = Measure(worker, task);
                if (round >= 0)
                {
                    // The first brings the files into the page cache.
                    fresh.Add(start);
                    warm.AddRange(calls);
                }
            }

            string[] ends = ["its port", "the task is read", "the model is loaded", "**the first call of the model**"];
            for (var i = 0; i < ends.Length; i++)
            {
                Print(name, ends[i], [.. fresh.Select(f => f[i]).Order()]);
            }

            Print(name, "(warm, from before a task is sent to the call)", [.. warm.Order()]);
            hasMet &= Median([.. fresh.Select(f => f[^1]).Order()]) <= FreshTargetMilliseconds && Median([.. warm.Order()]) <= WarmTargetMilliseconds;
        }

        Console.WriteLine();
        Console.WriteLine(hasMet ? "Targets met." : "Targets MISSED.");
        return hasMet ? 0 : 1;
    }

    private static (double[] Fresh, List<double> Warm) Measure(string worker, byte[] task)
    {
        var started = DateTime.UtcNow;
        using var daemon = WorkerProcess.StartDaemon(worker, ("MLP_SPARK_LOG", "debug"));
        using var peer = daemon.Connect();
        Require(peer.Run(task));
        double[] fresh = [.. Moments.Select(m => (Wait(daemon, m, 1) - started).TotalMilliseconds)];
        var warm = new List<double>();
        for (var i = 1; i < WarmTasks; i++)
        {
            var sent = DateTime.UtcNow;
            Require(peer.Run(task));
            var milliseconds = (Wait(daemon, Moments[^1], i + 1) - sent).TotalMilliseconds;
            if (i >= WarmTasks / 2)
            {
                warm.Add(milliseconds);
            }
        }

        return (fresh, warm);
    }

    private static void Require(WorkerReply reply)
    {
        if (!reply.IsSuccess || reply.Batches.Sum(b => b.Length) != BatchRows)
        {
            throw new InvalidOperationException($"Expected {BatchRows} scores, but found {reply.Batches.Sum(b => b.Length)}: {reply.Error}");
        }
    }

    /// <summary>The time of a line of the log, which comes by another way than answers.</summary>
    private static DateTime Wait(WorkerProcess daemon, string begin, int number)
    {
        bool IsThere(out DateTime time)
        {
            var line = Line().Matches(daemon.Log).Where(m => m.Groups["text"].Value.StartsWith(begin, StringComparison.Ordinal)).Skip(number - 1).FirstOrDefault();
            time = line is null ? default : DateTime.Parse(line.Groups["time"].Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
            return line is not null;
        }

        DateTime found = default;
        return SpinWait.SpinUntil(() => IsThere(out found), WorkerProcess.Patience) ? found : throw new TimeoutException($"Expected a line '{begin}' in the worker's log, but found: {daemon.Log}");
    }

    private static void Print(string model, string end, double[] sorted)
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {model} | {end} | {sorted[0]:0.0} ms | {Median(sorted):0.0} ms | {sorted[^1]:0.0} ms |"));

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    [GeneratedRegex(@"^mlp-spark-worker \d+ (?<time>\S+): (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
