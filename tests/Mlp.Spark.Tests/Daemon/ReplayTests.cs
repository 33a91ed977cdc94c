using System.Globalization;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>Every recorded task, byte for byte but its command, against the worker as Spark starts it.</summary>
public sealed class ReplayTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.All), MemberType = typeof(SparkRecording))]
    public void Run_RecordedTask_AnswersWhatSparkAccepted(string version, string name)
        => RequireOutput(SparkRecording.Load(version, name));

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.OtherKinds), MemberType = typeof(SparkRecording))]
    public void Run_RecordedTaskAsAnotherKind_AnswersWhatSparkAccepted(string version, string name, int kind)
        => RequireOutput(SparkRecording.Load(version, name).As(kind));

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.NamingKinds), MemberType = typeof(SparkRecording))]
    public void Run_NamedArgumentsInAnotherOrder_AreTakenByName(string version, int kind)
    {
        using var peer = daemon.Worker.Connect();

        // The query names b first: by position the first row would be 2 * 2.0 + 0.5.
        var reply = peer.Run(RecordedCommands.Rewrite(SparkRecording.Load(version, "scalar-named-arguments").As(kind), RecordedCommands.Call("Recorded.Linear")));

        Assert.Null(reply.Error);
        Assert.Equal([Bits(3), Bits(-2.5), "null"], reply.Rows);
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

    private static string Bits(double value) => BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    private void RequireOutput(SparkRecording recording)
    {
        var expected = WorkerReply.Read(new MemoryStream(recording.Output));
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(RecordedCommands.Rewrite(recording, RecordedCommands.For(recording.Name)));

        Assert.Null(reply.Error);
        Assert.True(reply.IsSuccess);
        Assert.Equal(expected.HasStream, reply.HasStream);
        Assert.Equal(expected.Columns, reply.Columns);
        Assert.Equal(expected.Rows, reply.Rows);
    }
}
