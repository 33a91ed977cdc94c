using System.Diagnostics;
using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>The daemon of a session on a real server, the same on every version: who runs tasks, what ends them, and what is refused while others go on.</summary>
public abstract class SparkDaemonQueryTests(SparkServer server) : IDisposable
{
    private const int Rows = 20_000;

    private readonly TempDirectory _folder = new();

    private string Marker => _folder.Combine("marker");

    [SparkFact]
    public async Task Apply_ManyTasks_ShareOneDaemon()
    {
        await using var session = await server.ConnectAsync();
        var processes = new HashSet<long?>();

        for (var round = 0; round < 3; round++)
        {
            var rows = await CollectedRows.OfAsync(session.Range(0, 1000, partitionCount: 10).Apply(TestMethods.Named("Daemons.Processes"), TestMethods.ProcessColumns));
            Assert.Equal(1000, rows.Int64(0).Count());
            processes.UnionWith(rows.Int64(1));
        }

        await using var other = await server.ConnectAsync();
        var others = await CollectedRows.OfAsync(other.Range(0, 1).Apply(TestMethods.Named("Daemons.Processes"), TestMethods.ProcessColumns));

        Assert.DoesNotContain(Assert.Single(processes), others.Int64(1));
    }

    [SparkFact]
    public async Task Kill_DaemonWithinABatch_FailsTheQueryAndTheNextGetsAnother()
    {
        await using var session = await server.ConnectAsync();
        var table = await TestMethods.MarkedAsync(session, Rows, partitions: 1, Marker, at: 15_500);
        var running = Record.ExceptionAsync(() => table.Apply(TestMethods.Named("Daemons.Wait"), TestMethods.ProcessColumns).CountAsync());

        var process = await TestMethods.WaitForProcessAsync(Marker, running);
        Kill(process);

        var error = Assert.IsType<SparkException>(await running);

        // 3.5 may say what its writer met instead.
        Assert.Contains("Job aborted due to stage failure", error.Message, StringComparison.Ordinal);
        Assert.Matches("Python worker exited unexpectedly|SocketException", error.Message);
        var rows = await CollectedRows.OfAsync(table.Apply(TestMethods.Named("Daemons.Wait"), TestMethods.ProcessColumns));
        Assert.Equal((long)Rows * (Rows - 1) / 2, rows.Int64(0).Sum());
        Assert.NotEqual(process, Assert.Single(rows.Int64(1).Distinct()));
    }

    [SparkFact]
    public Task Interrupt_TaskThatComputes_TellsItAndKeepsTheDaemon() => SparkLaunches.InterruptAsync(server);

    [SparkFact]
    public async Task Limit_MethodThatWaitsAfterItsFirstBatch_GivesTheRowsAndTellsIt()
    {
        await using var session = await server.ConnectAsync();
        var table = await TestMethods.MarkedAsync(session, Rows, partitions: 1, Marker, at: 500);
        var running = CollectedRows.OfAsync(table.Apply(TestMethods.Named("Daemons.FirstThenWait"), TestMethods.ProcessColumns).Limit(5));

        var process = await TestMethods.WaitForProcessAsync(Marker, running);

        Assert.Equal([0, 1, 2, 3, 4], (await running.WaitAsync(WorkerProcess.Patience)).Int64(0));
        await TestMethods.WaitForFileAsync(Marker + ".cancelled", Task.CompletedTask);
        await SparkLaunches.AssertProcessAsync(session, process);
    }

    [SparkFact]
    public async Task Limits_OfTheWorker_AreRefusedWhileAnotherTaskGoesOn()
    {
        await using var session = await server.ConnectAsync();
        var table = await TestMethods.MarkedAsync(session, Rows, partitions: 1, Marker, at: 15_500);
        var running = CollectedRows.OfAsync(table.Apply(TestMethods.Named("Daemons.Wait"), TestMethods.ProcessColumns));
        var process = await TestMethods.WaitForProcessAsync(Marker, running);
        try
        {
            await RefuseAsync(session);
        }
        finally
        {
            await File.WriteAllTextAsync(Marker + ".go", string.Empty);
        }

        var rows = await running;
        Assert.Equal((long)Rows * (Rows - 1) / 2, rows.Int64(0).Sum());
        Assert.Equal(process, Assert.Single(rows.Int64(1).Distinct()));
        await SparkLaunches.AssertProcessAsync(session, process);
    }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Kills a worker of these tests, and no other process.</summary>
    internal static void Kill(int process)
    {
        using var worker = Process.GetProcessById(process);
        Assert.Equal(Path.GetFileName(SparkServer.Worker), Path.GetFileName(worker.MainModule!.FileName));
        worker.Kill();
    }

    private static async Task RefuseAsync(SparkSession session)
    {
        var one = session.Range(0, 1);
        var nested = Enumerable.Range(0, 40).Aggregate("id", (inner, _) => $"named_struct('a', {inner})");

        var command = await Assert.ThrowsAsync<SparkException>(() => one.Apply(TestMethods.Named($"Recorded.{new string('x', 1 << 20)}"), "id bigint").CountAsync());
        var output = await Assert.ThrowsAsync<SparkException>(() => one.Apply(TestMethods.Named("Faulty.TooLong"), "b boolean").CountAsync());
        var depth = await Assert.ThrowsAsync<SparkException>(() => TestMethods.Map(one.SelectSql($"{nested} AS s"), "Recorded.Echo", "id bigint", "s").CountAsync());
        await TestMethods.SetBatchRowsAsync(session, -1);
        var batch = await Assert.ThrowsAsync<SparkException>(
            () => session.Range(0, (1 << 26) + 1, partitionCount: 1).SelectSql("CAST(NULL AS void) AS n").Apply(TestMethods.Named("Recorded.Echo"), "n void").CountAsync());

        Assert.Contains("Expected the length of a command from 0 to 1048576", command.Message, StringComparison.Ordinal);
        Assert.Contains("67108864 rows, but found one of", output.Message, StringComparison.Ordinal);
        Assert.Contains("Expected at most 32 columns within columns, but found 33", depth.Message, StringComparison.Ordinal);
        Assert.Contains("Expected at most 67108864 rows of a batch, but found 67108865", batch.Message, StringComparison.Ordinal);
    }
}
