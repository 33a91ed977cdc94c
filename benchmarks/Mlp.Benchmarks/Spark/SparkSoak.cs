using System.Text.Json;
using Apache.Arrow;
using Mlp.Benchmarks.Soaks;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Spark;

/// <summary>
/// <c>spark-soak --tasks 1000 --connections 2 --rows 10000 --rest 1 --leak 0</c>: one daemon, as it is shipped, runs tasks on several connections at once: tables and columns scored by trees and a network, tasks that fail, and connections that are cut
/// while a task runs, as Spark does when a query has enough rows. Its anonymous memory must not grow. The memory is read within the daemon, by a method that it runs as a user's. This process plays Spark. Needs
/// <c>MLP_REFERENCE_DATA</c> and the worker's archive. With <c>--leak 10</c> the daemon is made to lose so many KiB with every task: the command must fail. With <c>--rest 0</c> the memory is read at once, with what the runtime's compiler keeps.
/// </summary>
internal static class SparkSoak
{
    public const string Command = "spark-soak";

    private const int Readings = 50;
    private const int BatchCount = 3;

    /// <summary>The runtime's compiler keeps its working memory (up to 16 MiB) for the next method. Two collections that lie so far apart, or more, give it back.</summary>
    private static readonly TimeSpan CompilerRest = TimeSpan.FromSeconds(2.1);

    /// <summary>Tasks of a connection before it is closed and another one made.</summary>
    private const int TasksOfConnection = 7;

    /// <summary>Runs it.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SoakArguments arguments)
    {
        var (total, connections, rows) = (arguments.Get("tasks", 1000), arguments.Get("connections", 2), arguments.Get("rows", 10_000));
        var (rests, leak) = (arguments.Get("rest", 1) != 0, arguments.Get("leak", 0));
        using var folder = new TempDirectory();
        var worker = await UnpackedWorker.UnpackAsync(folder.Combine("worker"));
        var batches = Enumerable.Range(1, BatchCount).Select(seed => PeerModel.Rows(new Random(seed), rows)).ToArray();
        var (trees, network) = (await PeerModel.ExportAsync("gbt", folder.FullName), await PeerModel.ExportAsync("mlp", folder.FullName));
        SoakTask[] tasks =
        [
            SoakTask.Table(trees.Command, batches),
            SoakTask.Columns(network.Command, batches),
            SoakTask.Table(network.Command, batches),
            SoakTask.Columns(trees.Command, batches),
            SoakTask.Failing(trees.Command, batches),
            SoakTask.Cut(network.Command, batches),
        ];
        using var daemon = WorkerProcess.StartDaemon(worker);
        var report = new SoakReport("tasks", total, judgesAnonymous: true);
        var (failures, done) = (0L, 0);
        while (done < total)
        {
            var (first, count) = (done, Math.Min(Math.Max(1, total / Readings), total - done));
            await Task.WhenAll(Enumerable.Range(0, connections).Select(c => Task.Run(() => Interlocked.Add(
                ref failures, RunTasks(daemon, tasks, Enumerable.Range(first, count).Where(t => t % connections == c))))));
            done += count;
            if (leak > 0)
            {
                Call(daemon, "Leak", leak * count);
            }

            var atOnce = ReadMemory(daemon);
            report.Progress(done, done, failures, rests ? ReadAtRest(daemon) : atOnce, rests ? atOnce : null);
        }

        if (failures > 0)
        {
            Console.WriteLine(daemon.Log);
        }

        return report.Judge(total, failures);
    }

    private static int RunTasks(WorkerProcess daemon, SoakTask[] tasks, IEnumerable<int> numbers)
    {
        var failures = 0;
        SparkPeer? peer = null;
        foreach (var (index, number) in numbers.Index())
        {
            peer = index % TasksOfConnection == 0 ? Replace(peer, daemon) : peer ?? daemon.Connect();
            var task = tasks[number % tasks.Length];
            failures += task.Run(peer) ? 0 : 1;
            if (!task.KeepsConnection)
            {
                peer.Dispose();
                peer = null;
            }
        }

        peer?.Dispose();
        return failures;
    }

    private static SparkPeer Replace(SparkPeer? peer, WorkerProcess daemon)
    {
        peer?.Dispose();
        return daemon.Connect();
    }

    private static MemoryReading ReadAtRest(WorkerProcess daemon)
    {
        Thread.Sleep(CompilerRest);
        ReadMemory(daemon);
        Thread.Sleep(CompilerRest);
        return ReadMemory(daemon);
    }

    private static MemoryReading ReadMemory(WorkerProcess daemon)
        => JsonSerializer.Deserialize<MemoryReading>(((StringArray)Call(daemon, "Read", rows: 1)).GetString(0))!;

    private static IArrowArray Call(WorkerProcess daemon, string method, int rows)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "functions", "Mlp.Spark.TestFunctions.dll");
        var command = new MethodCommand { Method = new MethodReference(new FileReference(path, ContentHash.Of(File.ReadAllBytes(path))), "Mlp.Spark.TestFunctions.Memory", method) };
        using var peer = daemon.Connect();
        var reply = peer.Run(TaskBytes.Scalar(command, [null], PeerModel.Rows(new Random(1), rows)));
        return reply.IsSuccess ? reply.Batches[0].Column(0) : throw new InvalidOperationException($"Expected the daemon to run '{method}', but: {reply.Error}");
    }
}
