using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Spark.Tests.Daemon;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Worker.Protocol;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>Batches whose lengths lie: refused before anything is allocated for them, and other tasks go on.</summary>
public sealed class BatchLimitTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    private const long OverBytes = (1L << 30) + 1;
    private const long OverRows = (1L << 26) + 1;

    public static TheoryData<string, long, string> Forgeries => new()
    {
        { nameof(ForgedBatch.WithBodyLength), OverBytes, "Expected at most 1073741824 bytes of values, but found 1073741825." },
        { nameof(ForgedBatch.WithBodyLength), long.MaxValue, "Expected at most 1073741824 bytes of values, but found 9223372036854775807." },
        { nameof(ForgedBatch.WithBodyLength), -1, "Expected at most 1073741824 bytes of values, but found -1." },
        { nameof(ForgedBatch.WithRows), OverRows, "Expected at most 67108864 rows of a batch, but found 67108865." },
        { nameof(ForgedBatch.WithRows), -1, "Expected at most 67108864 rows of a batch, but found -1." },
        { nameof(ForgedBatch.WithUnpackedLength), OverBytes, "Expected at most 1073741824 bytes of values of a batch, but found 107374" },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void ReadBatch_LengthOverItsLimit_IsRefusedBeforeAnythingIsAllocated(string kind, long value, string expected)
    {
        var (task, start) = Forge(kind, value);
        using var reader = new BatchReader(new ProtocolReader(new MemoryStream(task, start, task.Length - start)), new BatchAllocator(reuses: false));
        reader.ReadSchema();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<ProtocolException>(reader.ReadBatch);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void Run_LengthOverItsLimit_IsASentenceAndOtherTasksGoOn(string kind, long value, string expected)
    {
        var good = Task(compressed: false);
        using var other = daemon.Worker.Connect();
        other.Write(good[..(good.Length / 2)]);
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(Forge(kind, value).Task);

        Assert.StartsWith(expected, reply.Error, StringComparison.Ordinal);
        AssertGoesOn(other, good[(good.Length / 2)..]);
    }

    [Fact]
    public void Run_OutputOverTheLimit_IsASentenceAndOtherTasksGoOn()
    {
        var good = Task(compressed: false);
        using var other = daemon.Worker.Connect();
        other.Write(good[..(good.Length / 2)]);
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(TaskBytes.Map(RecordedCommands.Call("Faulty.Huge"), Rows()));

        Assert.False(reply.HasStream);
        Assert.Contains("Expected results of at most 1073741824 bytes and 67108864 rows, but found one of 1363279872 bytes and 1048576 rows.", reply.Error, StringComparison.Ordinal);
        AssertGoesOn(other, good[(good.Length / 2)..]);
    }

    private static RecordBatch Rows() => Table(("a", Doubles([.. Enumerable.Range(0, 1000).Select(i => (double?)i)])));

    private static byte[] Task(bool compressed) => TaskBytes.Map(RecordedCommands.Call("Recorded.Echo"), "/nowhere", compressed ? CompressionCodecType.Zstd : null, Rows());

    private static (byte[] Task, int Start) Forge(string kind, long value)
    {
        var batch = new ForgedBatch(Task(compressed: kind == nameof(ForgedBatch.WithUnpackedLength)));
        return (kind switch
        {
            nameof(ForgedBatch.WithBodyLength) => batch.WithBodyLength(value),
            nameof(ForgedBatch.WithRows) => batch.WithRows(value),
            _ => batch.WithUnpackedLength(value),
        }, batch.Start);
    }

    private static void AssertGoesOn(SparkPeer peer, byte[] rest)
    {
        peer.Write(rest);
        var reply = peer.ReadReply();
        Assert.True(reply.IsSuccess, reply.Error);
        Assert.Equal(1000, reply.Rows.Count);
    }
}
