using System.Buffers;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

public sealed class WriteAheadFrameTests
{
    public static TheoryData<byte> Kinds => [WriteAheadFrame.Rows, WriteAheadFrame.Materialized, WriteAheadFrame.Deletion];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void KindOf_FrameAsItIsWritten_IsItsKind(byte kind) => Assert.Equal(kind, WriteAheadFrame.KindOf(Create(kind)));

    [Theory]
    [InlineData(WriteAheadFrame.Rows, 1, 4)]
    [InlineData(WriteAheadFrame.Rows, 2, 1)]
    [InlineData(WriteAheadFrame.Rows, 3, 128)]
    [InlineData(WriteAheadFrame.Materialized, 1, 2)]
    [InlineData(WriteAheadFrame.Materialized, 2, 1)]
    [InlineData(WriteAheadFrame.Deletion, 1, 1)]
    [InlineData(WriteAheadFrame.Deletion, 3, 1)]
    [InlineData(WriteAheadFrame.Deletion, 8, 1)]
    [InlineData(WriteAheadFrame.Deletion, 11, 1)]
    [InlineData(WriteAheadFrame.Rows, 0, 4)]
    public void KindOf_BitThatIsNotKnown_IsNone(byte kind, int position, byte value)
    {
        var frame = Create(kind);
        frame[position] = value;

        Assert.Equal(0, WriteAheadFrame.KindOf(frame));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void KindOf_FrameThatIsCutShort_IsNone(byte kind)
        => Assert.Equal(0, WriteAheadFrame.KindOf(Create(kind).AsSpan(0, kind == WriteAheadFrame.Rows ? WriteAheadFrame.HeaderLength - 1 : WriteAheadFrame.HeaderLength + 7)));

    private static byte[] Create(byte kind)
    {
        switch (kind)
        {
            case WriteAheadFrame.Materialized:
                return WriteAheadFrame.CreateMark(7, new MaterializationMark(3, 4, HasLaterRows: true));
            case WriteAheadFrame.Deletion:
                return WriteAheadFrame.CreateDeletion(7, 9, new EntityValue[] { "a", default });
            default:
                var writer = new ArrayBufferWriter<byte>();
                WriteAheadFrame.Begin(writer, 7, PushTargets.Online | PushTargets.Offline);
                return writer.WrittenSpan.ToArray();
        }
    }
}
