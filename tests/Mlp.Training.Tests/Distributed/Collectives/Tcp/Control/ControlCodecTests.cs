using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp.Control;

public sealed class ControlCodecTests
{
    private static readonly CollectiveCall Call = new(7, CollectiveKind.AllGather, ElementType.BFloat16, 6, ReduceOperation.Sum, -1) { Counts = [1, 2, 3], Tensor = "w" };

    private static readonly ControlMessage[] Messages =
    [
        new ControlMessage.Heartbeat(),
        new ControlMessage.Offer("g", "world", [0, 2], 1, [1, 2, 3]),
        new ControlMessage.Offers("g", 1, [[1], [], [2, 3]]),
        new ControlMessage.Report("g", TroubleKind.Timeout, CallCodec.Encode(Call), 2, 0.5, null),
        new ControlMessage.Report("g", TroubleKind.Stated, [], -1, 0, GroupFailure.OfLost("gone", 1)),
        new ControlMessage.Inquiry("g", 7),
        new ControlMessage.Answer("g", 7, CallCodec.Encode(Call), []),
        new ControlMessage.Verdict("g", GroupFailure.OfMismatch("differs", 7, 1, 2) with { Tensor = "w" }),
        new ControlMessage.Leave("g", 8),
        new ControlMessage.Left("g", 1, 8),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Messages.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Decode_WhatWasEncoded_IsTheSame(int number)
    {
        var frame = ControlCodec.Encode(Messages[number]);

        Assert.Equal(frame.Length - ControlCodec.HeadBytes, ControlCodec.BodyLength(frame));
        var found = ControlCodec.Decode(frame);
        Assert.IsType(Messages[number].GetType(), found);
        Assert.Equal(frame, ControlCodec.Encode(found));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Decode_CutShort_IsRefused(int number)
    {
        var frame = ControlCodec.Encode(Messages[number]);

        for (var length = ControlCodec.HeadBytes; length < frame.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => ControlCodec.Decode(frame.AsSpan(0, length)));
        }
    }

    [Fact]
    public void BodyLength_ForeignOrTooLong_IsRefused()
    {
        var frame = ControlCodec.Encode(new ControlMessage.Heartbeat());
        BitConverter.TryWriteBytes(frame.AsSpan(5), ControlCodec.MaximumBodyBytes + 1);

        Assert.Throws<InvalidDataException>(() => ControlCodec.BodyLength(frame));
        Assert.Throws<InvalidDataException>(() => ControlCodec.BodyLength("GET / HTTP"u8));
    }

    [Fact]
    public void Call_EncodedAndDecoded_FitsTheFirst()
    {
        var found = CallCodec.Decode(CallCodec.Encode(Call))!.Value;

        Assert.True(CollectiveComparison.Matches(Call, found));
        Assert.Equal("w", found.Tensor);
        Assert.Null(CallCodec.Decode(CallCodec.Encode(null)));
        Assert.Throws<InvalidDataException>(() => CallCodec.Decode([1, 2, 3]));
    }
}
