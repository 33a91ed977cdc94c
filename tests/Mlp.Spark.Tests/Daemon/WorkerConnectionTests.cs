using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;
using Mlp.Spark.Worker.Protocol;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>Tasks one after the other and side by side, and ends that Spark means.</summary>
public sealed class WorkerConnectionTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    private const string Case = "map-in-arrow";

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
        var runs = Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
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

    /// <summary>Closes the connection of a task that waits, with as many bytes behind it as fit.</summary>
    private static async Task CloseAsync(WorkerProcess worker, TempDirectory folder, int unread)
    {
        using (var peer = worker.Connect())
        {
            peer.Write(RecordedCommands.Rewrite(SparkRecording.Load("4.3.0", Case), RecordedCommands.Call("Faulty.WaitForCancellation")));
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
