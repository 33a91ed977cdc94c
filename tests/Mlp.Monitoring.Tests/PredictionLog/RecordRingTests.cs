using System.Buffers.Binary;
using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class RecordRingTests
{
    [Fact]
    public void TryClaim_RecordsOfAnyLength_ComeBackInOrderAcrossTheEnd()
    {
        var ring = new RecordRing(1024);
        var random = new Random(1);
        var pending = new Queue<byte[]>();
        for (var i = 0; i < 5_000; i++)
        {
            var content = new byte[random.Next(ring.MaximumBodyLength + 1)];
            random.NextBytes(content);
            while (!ring.TryClaim(content.Length, out var claim, out var body) || !Put(ring, claim, body, content))
            {
                AssertNext(ring, pending);
            }

            pending.Enqueue(content);
        }

        while (pending.Count > 0)
        {
            AssertNext(ring, pending);
        }

        Assert.False(TryPeek(ring, out _));
        Take(ring);
        Assert.Equal(ring.Tail, ring.Head);
    }

    [Fact]
    public void TryClaim_FullRing_SaysSoAndLosesNothing()
    {
        var ring = new RecordRing(1024);
        var put = 0;
        while (ring.TryClaim(24, out var claim, out var body))
        {
            body[0] = (byte)put++;
            ring.Commit(claim, 24);
        }

        Assert.Equal(1024 / 32, put);
        for (var i = 0; i < put; i++)
        {
            Assert.True(TryPeek(ring, out var body));
            Assert.Equal((byte)i, body[0]);
            Take(ring);
        }

        Assert.True(ring.TryClaim(24, out _, out _));
    }

    [Fact]
    public void Peek_ClaimInProgress_WaitsForItAndSkipsAbandoned()
    {
        var ring = new RecordRing(1024);
        Assert.True(ring.TryClaim(8, out var first, out _));
        Assert.True(ring.TryClaim(8, out var second, out var body));
        body[0] = 7;
        ring.Commit(second, 8);

        Assert.False(TryPeek(ring, out _));
        ring.Abandon(first, 8);
        Assert.True(TryPeek(ring, out var taken));
        Assert.Equal(7, taken[0]);
    }

    [Fact]
    public void Seal_LaterClaims_AreRefusedAndEarlierOnesKept()
    {
        var ring = new RecordRing(1024);
        Assert.True(ring.TryClaim(8, out var claim, out _));
        ring.Seal();

        Assert.True(ring.IsSealed);
        Assert.False(ring.TryClaim(8, out _, out _));
        ring.Commit(claim, 8);
        Assert.True(TryPeek(ring, out _));
        Take(ring);
        Assert.Equal(ring.Tail, ring.Head);
        Assert.False(ring.TryClaim(8, out _, out _));
    }

    [Fact]
    public void ClaimCount_CompleteAbandonedAndRefused_CountsEachClaimOnce()
    {
        var ring = new RecordRing(1024);
        var claimed = 0L;
        Span<int> bodies = stackalloc int[3];
        for (var i = 0; i < 5_000; i++)
        {
            var length = (i * 13) % ring.MaximumBodyLength;
            if (!ring.TryClaim(length, out var claim, out _))
            {
                ring.Peek(bodies, ring.Tail, out var next);
                ring.Take(next);
            }
            else if (++claimed % 5 == 0)
            {
                ring.Abandon(claim, length);
            }
            else
            {
                ring.Commit(claim, length);
            }

            Assert.Equal(claimed, ring.ClaimCount);
        }

        ring.Seal();
        Assert.Equal(claimed, ring.ClaimCount);
    }

    [Fact]
    public async Task TryClaim_ManyThreads_EveryRecordArrivesOnceAndWhole()
    {
        const int Writers = 4;
        const int Each = 20_000;
        var ring = new RecordRing(4096);
        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                var length = 16 + ((i * 7) % 100);
                int claim;
                Span<byte> body;
                while (!ring.TryClaim(length, out claim, out body))
                {
                    Thread.Yield();
                }

                body[..length].Fill((byte)i);
                BinaryPrimitives.WriteInt64LittleEndian(body, ((long)writer << 32) | (uint)i);
                BinaryPrimitives.WriteInt32LittleEndian(body[8..], length);
                ring.Commit(claim, length);
            }
        })).ToArray();

        var next = new int[Writers];
        for (var taken = 0; taken < Writers * Each;)
        {
            if (!TryPeek(ring, out var body))
            {
                Thread.Yield();
                continue;
            }

            var tag = BinaryPrimitives.ReadInt64LittleEndian(body);
            var length = BinaryPrimitives.ReadInt32LittleEndian(body[8..]);
            Assert.Equal(next[tag >> 32]++, (int)tag);
            Assert.False(body[12..length].ContainsAnyExcept((byte)tag));
            Take(ring);
            taken++;
        }

        await Task.WhenAll(writers);
        Assert.All(next, count => Assert.Equal(Each, count));
        Assert.Equal(Writers * Each, ring.ClaimCount);
    }

    private static bool Put(RecordRing ring, int claim, Span<byte> body, byte[] content)
    {
        Assert.False(body.ContainsAnyExcept((byte)0));
        content.CopyTo(body);
        ring.Commit(claim, content.Length);
        return true;
    }

    private static void AssertNext(RecordRing ring, Queue<byte[]> pending)
    {
        Assert.True(TryPeek(ring, out var body));
        var expected = pending.Dequeue();
        Assert.True(body[..expected.Length].SequenceEqual(expected));
        Take(ring);
    }

    private static bool TryPeek(RecordRing ring, out ReadOnlySpan<byte> body)
    {
        Span<int> bodies = stackalloc int[1];
        var count = ring.Peek(bodies, ring.Tail, out _);
        body = count == 0 ? default : ring.Memory[bodies[0]..];
        return count == 1;
    }

    private static void Take(RecordRing ring)
    {
        ring.Peek(stackalloc int[1], ring.Tail, out var next);
        ring.Take(next);
    }
}
