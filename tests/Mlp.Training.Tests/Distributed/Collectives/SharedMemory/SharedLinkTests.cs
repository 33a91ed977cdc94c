using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.SharedMemory;
using Mlp.Training.Distributed.Collectives.SharedMemory.Interop;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.SharedMemory;

public sealed class SharedLinkTests : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly SharedSegment _first;
    private readonly SharedSegment _second;
    private readonly SharedLink _sender;
    private readonly SharedLink _receiver;

    public SharedLinkTests()
    {
        _first = SharedSegment.Create(_folder.FullName, 2, 65536, out var path, out var token);
        _second = SharedSegment.Open(path, 2, 65536, token);
        File.Delete(path);
        _sender = new(1, _first.Ring(0, 1), _first.Ring(1, 0), _first.Bell(1));
        _receiver = new(0, _second.Ring(1, 0), _second.Ring(0, 1), _second.Bell(0));
    }

    [Fact]
    public void Write_RoundAndRound_ComesInOrder()
    {
        var random = new Random(3);
        var (sent, received) = (new byte[1_000_000], new byte[1_000_000]);
        random.NextBytes(sent);
        var (given, taken) = (0, 0);
        while (taken < sent.Length)
        {
            given += _sender.TryWrite(sent.AsSpan(given, Math.Min(random.Next(50_000), sent.Length - given)));
            taken += _receiver.TryRead(received.AsSpan(taken, Math.Min(random.Next(50_000), sent.Length - taken)));
        }

        Assert.Equal(sent, received);
        Assert.True(_receiver.Peek().IsEmpty);
    }

    [Fact]
    public void Write_Full_TakesNothingMore()
    {
        var total = 0;
        while (_sender.TryWrite(new byte[10_000]) is var count and > 0)
        {
            total += count;
        }

        Assert.Equal(65536, total);
        Assert.False(_sender.IsBroken);
    }

    [Fact]
    public void Look_EqualDifferentAndForeignHeads_AreToldApart()
    {
        var call = new CollectiveCall(0, CollectiveKind.AllReduce, ElementType.Float32, 3, ReduceOperation.Sum, -1);
        var heads = new CallHeads(2, 1);
        heads.Begin(call);
        Assert.Equal(CallHeads.Finding.NotYet, heads.Look(_receiver));

        Head(call);
        _sender.TryWrite(new byte[12]);
        Assert.Equal(CallHeads.Finding.Equal, heads.Look(_receiver));
        _receiver.Consume(12);

        heads.Begin(call with { Sequence = 1 });
        Head(call with { Sequence = 1, Length = 4 });
        Assert.Equal(CallHeads.Finding.Different, heads.Look(_receiver));

        var other = new CallHeads(2, 1);
        other.Begin(call);
        _receiver.Consume(CallHead.Bytes);
        _sender.TryWrite(new byte[CallHead.Bytes]);
        Assert.Equal(CallHeads.Finding.Foreign, other.Look(_receiver));
    }

    [Fact]
    public void Open_AnotherFile_IsRefused()
    {
        using var segment = SharedSegment.Create(_folder.FullName, 2, 65536, out var path, out var token);

        Assert.Throws<IOException>(() => SharedSegment.Open(path, 2, 65536, new byte[token.Length]));
        Assert.Throws<IOException>(() => SharedSegment.Open(path, 3, 65536, token));
    }

    [Theory]
    [InlineData("0-3,8", 5)]
    [InlineData("0", 1)]
    [InlineData("0-1\n", 2)]
    public void Count_Lists_GiveProcessors(string list, int count) => Assert.Equal(count, WaitProcessors.Count(list));

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _folder.Dispose();
    }

    private void Head(in CollectiveCall call)
    {
        var head = new byte[CallHead.Bytes];
        CallHead.Write(call, head);
        _sender.QueueHead(head);
        Assert.True(_sender.Flush());
    }
}
