using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>Every recorded task, byte for byte but its command, against the worker as Spark starts it.</summary>
public sealed class ReplayTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.All), MemberType = typeof(SparkRecording))]
    public void Run_RecordedTask_AnswersWhatSparkAccepted(string version, string name)
    {
        var recording = SparkRecording.Load(version, name);
        var expected = WorkerReply.Read(new MemoryStream(recording.Output));
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(RecordedCommands.Rewrite(recording, RecordedCommands.For(name)));

        Assert.Null(reply.Error);
        Assert.True(reply.IsSuccess);
        Assert.Equal(expected.HasStream, reply.HasStream);
        Assert.Equal(expected.Columns, reply.Columns);
        Assert.Equal(expected.Rows, reply.Rows);
    }

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.All), MemberType = typeof(SparkRecording))]
    public void Run_RecordedTaskWithItsOwnCommand_IsRefusedWithASentence(string version, string name)
    {
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(SparkRecording.Load(version, name).Input);

        Assert.False(reply.HasStream);
        Assert.StartsWith("Expected a command of Mlp (a JSON object with \"v\": 1 and a \"kind\" of \"score\", \"method\" or \"onDemand\"), but found ", reply.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", reply.Error, StringComparison.Ordinal);
        Assert.True(peer.IsClosed());
    }
}
