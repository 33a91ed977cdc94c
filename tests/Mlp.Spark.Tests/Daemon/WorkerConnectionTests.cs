using Apache.Arrow;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;
using Mlp.Spark.Worker.Protocol;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>Tasks one after the other and side by side, and ends that Spark means.</summary>
public sealed class WorkerConnectionTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    private const string Case = "map-in-arrow";

    /// <summary>The end of an Arrow stream, and then that of the task.</summary>
    private const int EndLength = 12;

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_TasksOfAllVersionsOnOneConnection_RunOneAfterTheOther()
    {
        using var peer = daemon.Worker.Connect();
        for (var round = 0; round < 3; round++)
        {
            foreach (var version in new[] { "3.5.9", "4.0.5", "4.1.4", "4.2.1", "4.3.0" })
            {
                var reply = peer.Run(RecordedCommands.Rewrite(SparkRecording.Load(version, Case), RecordedCommands.For(Case)));

                Assert.True(reply.IsSuccess);
                Assert.Equal(3, reply.Rows.Count);
            }
        }
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public async Task Run_ManyConnectionsAtOnce_AllAnswer()
    {
        var task = RecordedCommands.Rewrite(SparkRecording.Load("4.1.4", Case), RecordedCommands.For(Case));
        var runs = Enumerable.Range(0, 16).Select(_ => OwnThread.Run(() =>
        {
            using var peer = daemon.Worker.Connect();
            for (var i = 0; i < TestRounds.Count; i++)
            {
                Assert.True(peer.Run(task).IsSuccess);
            }
        }));

        await Task.WhenAll(runs);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_TaskThatEndsAnywhere_EndsTheConnectionAndNothingElse()
    {
        var task = RecordedCommands.Rewrite(SparkRecording.Load("4.3.0", Case), RecordedCommands.For(Case));
        for (var length = 0; length < task.Length; length += 97)
        {
            using var peer = daemon.Worker.Connect();
            peer.Write(task[..length]);
            peer.CloseSending();
        }

        using var whole = daemon.Worker.Connect();
        Assert.True(whole.Run(task).IsSuccess);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_MethodThatWantsTheFirstBatchOnly_EndsTheConnectionAfterItsAnswer()
    {
        var recording = SparkRecording.Load("4.1.4", Case);
        var command = RecordedCommands.Call("Streams.First");
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(RecordedCommands.Rewrite(recording, command));

        Assert.Null(reply.Error);
        Assert.Equal(3, reply.Rows.Count);
        Assert.Equal((int)ProtocolSignal.EndOfData, reply.End);
        Assert.True(peer.IsClosed());
    }

    [Theory]
    [InlineData("Recorded.Echo")]
    [InlineData("Streams.Echo")]
    public void Run_MapWhoseSecondBatchWaitsForTheFirstAnswer_GivesBoth(string method)
        => RequireBoth(batches => TaskBytes.Map(RecordedCommands.Call(method), batches), row => $"{{_0: {row}}}");

    [Fact]
    public void Run_ScalarWhoseSecondBatchWaitsForTheFirstAnswer_GivesBoth()
        => RequireBoth(batches => TaskBytes.Scalar(RecordedCommands.Call("Recorded.EchoColumn"), [null], batches), row => row);

    [ReferenceDataFact(SparkRecording.Folder)]
    public async Task Close_ConnectionOfATaskThatComputes_CancelsIt()
    {
        using var folder = new TempDirectory();
        using var worker = WorkerProcess.StartDaemon(("MLP_TEST_FOLDER", folder.FullName));
        await CloseAsync(worker, folder, unread: 0);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public async Task Close_ConnectionWithUnreadBytesOfATaskThatComputes_CancelsIt()
    {
        using var folder = new TempDirectory();
        using var worker = WorkerProcess.StartDaemon(("MLP_TEST_FOLDER", folder.FullName));
        await CloseAsync(worker, folder, unread: 256 << 20);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public async Task Close_UnixSocketOfATaskThatComputes_CancelsIt()
    {
        foreach (var unread in new[] { 0, 256 << 20 })
        {
            using var folder = new TempDirectory();
            using var worker = WorkerProcess.StartUnixDaemon(folder.FullName, ("MLP_TEST_FOLDER", folder.FullName));
            await CloseAsync(worker, folder, unread);
        }
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public async Task Close_ConnectionOfAMethodThatThrowsWhenItIsTold_KeepsTheDaemon()
    {
        using var folder = new TempDirectory();
        using var worker = WorkerProcess.StartDaemon(("MLP_TEST_FOLDER", folder.FullName));
        await CloseAsync(worker, folder, unread: 0, method: "Faulty.ThrowOnCancellation");

        using (var peer = worker.Connect())
        {
            Assert.True(peer.Run(RecordedCommands.Rewrite(SparkRecording.Load("4.3.0", Case), RecordedCommands.For(Case))).IsSuccess);
        }

        worker.Input.Dispose();
        Assert.Equal(0, worker.WaitForExit());
    }

    /// <summary>Runs a task of two batches, the second of which is sent when the first is answered: no answer may wait in the worker for the next.</summary>
    private void RequireBoth(Func<RecordBatch[], byte[]> task, Func<string, string> rowOf)
    {
        var (first, second) = (Table(("_0", Doubles(1, 2))), Table(("_0", Doubles(3))));
        var whole = task([first, second]);
        var begin = task([first])[..^EndLength];
        Assert.True(whole.AsSpan().StartsWith(begin));
        using var peer = daemon.Worker.Connect();

        var reply = peer.RunInParts(begin, whole[begin.Length..]);

        Assert.True(reply.IsSuccess, reply.Error);
        Assert.Equal(((string[])["3ff0000000000000", "4000000000000000", "4008000000000000"]).Select(rowOf), reply.Rows);
    }

    /// <summary>Closes the connection of a task that waits, with as many bytes behind it as fit.</summary>
    private static async Task CloseAsync(WorkerProcess worker, TempDirectory folder, int unread, string method = "Faulty.WaitForCancellation")
    {
        using (var peer = worker.Connect())
        {
            peer.Write(RecordedCommands.Rewrite(SparkRecording.Load("4.3.0", Case), RecordedCommands.Call(method)));
            await WaitForFileAsync(folder.Combine("waiting"));
            peer.WriteWhatFits(unread);
        }

        await WaitForFileAsync(folder.Combine("cancelled"));
    }

    private static async Task WaitForFileAsync(string path)
    {
        using var patience = new CancellationTokenSource(WorkerProcess.Patience);
        while (!File.Exists(path))
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
