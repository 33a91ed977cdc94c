using Mlp.Features.Interop;
using Mlp.Features.Online;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

public sealed class HotTierTests
{
    private const uint View = 1;

    private byte[] _row = new byte[8];

    [Fact]
    public void Fill_AfterAMiss_IsReadAndASecondFillOfTheSameTicketIsNot()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        var ticket = Miss(tier, 1);

        tier.Fill(TestRows.Key(View, 1), TestRows.Row(View, 1, 5), ticket);
        tier.Fill(TestRows.Key(View, 1), TestRows.Row(View, 1, 6), ticket);

        Assert.Equal(5, Read(tier, 1));
        Assert.Null(Read(tier, 2));
    }

    [Fact]
    public void Fill_WriteBegunSinceTheMiss_IsRefused()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        var ticket = Miss(tier, 1);
        var write = tier.BeginWrite(Hash(1));

        tier.Fill(TestRows.Key(View, 1), TestRows.Row(View, 1, 5), ticket);
        Assert.Null(Read(tier, 1));
        tier.EndWrite(Hash(1), TestRows.Key(View, 1), TestRows.Row(View, 1, 6), write);
        tier.Fill(TestRows.Key(View, 1), TestRows.Row(View, 1, 5), ticket);

        Assert.Null(Read(tier, 1));
    }

    [Fact]
    public void Fill_TicketOfAMissBesideAWrite_IsRefusedForEver()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        var write = tier.BeginWrite(Hash(1));
        var ticket = Miss(tier, 1);
        Assert.Equal(HotTierShard.NoTicket, ticket);
        tier.EndRemove(Hash(1), TestRows.Key(View, 1), write);

        tier.Fill(TestRows.Key(View, 1), TestRows.Row(View, 1, 5), ticket);

        Assert.Null(Read(tier, 1));
    }

    [Theory]
    [InlineData(6, 6)]
    [InlineData(5, 5)]
    [InlineData(4, 5)]
    public void EndWrite_RowThatIsThere_BecomesWhatTheRowStoreKeeps(long written, long kept)
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        Put(tier, 1, 5);
        var ticket = tier.BeginWrite(Hash(1));
        Assert.Null(Read(tier, 1));

        tier.EndWrite(Hash(1), TestRows.Key(View, 1), TestRows.Row(View, 1, written), ticket);

        Assert.Equal(kept, Read(tier, 1));
    }

    [Fact]
    public void EndWrite_RowThatIsNotThere_IsNotBroughtIn()
    {
        using var tier = new HotTier(HotTier.MinimumSize);

        tier.EndWrite(Hash(1), TestRows.Key(View, 1), TestRows.Row(View, 1, 5), tier.BeginWrite(Hash(1)));

        Assert.Null(Read(tier, 1));
        Assert.Equal(0, tier.LiveLength);
    }

    [Fact]
    public void EndWrite_AnotherWriteBetween_DropsTheRowAndTheNextReadMayFill()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        Put(tier, 1, 5);
        var (first, second) = (tier.BeginWrite(Hash(1)), tier.BeginWrite(Hash(1)));
        tier.EndWrite(Hash(1), TestRows.Key(View, 1), TestRows.Row(View, 1, 7), second);
        Assert.Null(Read(tier, 1));
        tier.EndWrite(Hash(1), TestRows.Key(View, 1), TestRows.Row(View, 1, 6), first);
        Assert.Null(Read(tier, 1));

        Put(tier, 1, 7);

        Assert.Equal(7, Read(tier, 1));
    }

    [Fact]
    public void EndRemove_LateFill_DoesNotBringTheRowBack()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        var late = Miss(tier, 1);
        Put(tier, 1, 5);

        tier.EndRemove(Hash(1), TestRows.Key(View, 1), tier.BeginWrite(Hash(1)));
        tier.Fill(TestRows.Key(View, 1), TestRows.Row(View, 1, 5), late);

        Assert.Null(Read(tier, 1));
        Assert.Equal(0, tier.LiveLength);
    }

    [Fact]
    public void EndWrite_RowOfAnotherDefinition_ReplacesAsInTheRowStore()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        Put(tier, 1, 5);
        var row = TestRows.Row(View, 1, 4);
        row[0]++;

        tier.EndWrite(Hash(1), TestRows.Key(View, 1), row, tier.BeginWrite(Hash(1)));

        Assert.Equal(4, Read(tier, 1));
    }

    [Fact]
    public void Fill_RowThatIsTooLong_StaysInTheRowStoreAndALongerOneIsDropped()
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        var longRow = new byte[tier.MaximumRecordLength];
        TestRows.Row(View, 1, 6).CopyTo(longRow, 0);
        tier.Fill(TestRows.Key(View, 1), longRow, Miss(tier, 1));
        Assert.Null(Read(tier, 1));
        Put(tier, 1, 5);

        tier.EndWrite(Hash(1), TestRows.Key(View, 1), longRow, tier.BeginWrite(Hash(1)));

        Assert.Null(Read(tier, 1));
    }

    [Theory]
    [InlineData(4 << 10, 0)]
    [InlineData(4 << 10, 300)]
    [InlineData(64 << 10, 5_000)]
    public void EndRemove_RowThatWasReplacedAndMovedBefore_LeavesNoneOfItsBytes(long size, int others)
    {
        using var tier = new HotTier(size);
        var (key, secret) = (System.Text.Encoding.UTF8.GetBytes("Tourmaline-4418-key"), System.Text.Encoding.UTF8.GetBytes("Tourmaline-4418-row"));
        var hash = HotTier.HashOf(key);
        for (var i = 0; i <= others; i++)
        {
            // Of another length each time, so that it takes another place, and read, so that it is moved when the others need room.
            if (!tier.TryRead(hash, key, ref _row, out _, out var ticket))
            {
                tier.Fill(key, SecretRow(i), ticket);
            }

            tier.EndWrite(hash, key, SecretRow(i + 1), tier.BeginWrite(hash));
            Put(tier, i, 1);
        }

        Assert.True(tier.Bytes.IndexOf(key) >= 0);
        Assert.True(tier.Bytes.IndexOf(secret) >= 0);
        Assert.True(tier.Bytes.IndexOf(BitConverter.GetBytes(hash)) >= 0);

        tier.EndRemove(hash, key, tier.BeginWrite(hash));

        Assert.Equal(-1, tier.Bytes.IndexOf(key));
        Assert.Equal(-1, tier.Bytes.IndexOf(secret));
        Assert.Equal(-1, tier.Bytes.IndexOf(BitConverter.GetBytes(hash)));

        byte[] SecretRow(int version) => [.. TestRows.Row(View, 1, version), .. Enumerable.Repeat(secret, 1 + (version % 3)).SelectMany(bytes => bytes)];
    }

    [Theory]
    [InlineData(4 << 10)]
    [InlineData((8 << 20) + 40)]
    public void RemoveView_RowsOfTwoViewsAndALateFill_LeavesThoseOfTheOther(long size)
    {
        using var tier = new HotTier(size);
        var others = (int)(size / 400);
        for (var id = 0; id < others; id++)
        {
            Put(tier, id, 1);
            Fill(2, id);
        }

        var there = Enumerable.Range(0, others).Count(id => Read(tier, id) is not null);
        Assert.True(Has(2));
        Assert.False(tier.TryRead(HotTier.HashOf(TestRows.Key(2, -1)), TestRows.Key(2, -1), ref _row, out _, out var ticket));

        tier.RemoveView(2);
        tier.Fill(TestRows.Key(2, -1), TestRows.Row(2, -1, 1), ticket);

        Assert.False(Has(2));
        Assert.InRange(there, 1, others);
        Assert.Equal(there, Enumerable.Range(0, others).Count(id => Read(tier, id) is not null));
        for (var id = 0; id < 3 * others; id++)
        {
            Put(tier, id, 1);
        }

        Assert.Equal(tier.LiveLength, HotTierLengthOf(tier, 3 * others));

        void Fill(uint view, int id)
        {
            if (!tier.TryRead(HotTier.HashOf(TestRows.Key(view, id)), TestRows.Key(view, id), ref _row, out _, out var missed))
            {
                tier.Fill(TestRows.Key(view, id), TestRows.Row(view, id, 1), missed);
            }
        }

        bool Has(uint view) => Enumerable.Range(-1, others + 1).Any(id => tier.TryRead(HotTier.HashOf(TestRows.Key(view, id)), TestRows.Key(view, id), ref _row, out _, out _))
            || Enumerable.Range(1, 9).Any(id => tier.Bytes.IndexOf(TestRows.Key(view, id)) >= 0);
    }

    [Theory]
    [InlineData(4 << 10)]
    [InlineData(64 << 10)]
    [InlineData((8 << 20) + 40)]
    public void Fill_FarMoreRowsThanFit_StaysWithinTheBudgetAndKeepsWholeRows(long size)
    {
        using var tier = new HotTier(size);
        var count = (int)(size / 64);
        Assert.InRange(tier.Capacity, size - 4096, size);
        for (var round = 0; round < 3; round++)
        {
            for (var id = 0; id < count; id++)
            {
                Put(tier, id, round);
                Assert.InRange(tier.LiveLength, 0, tier.Capacity);
            }
        }

        var found = Enumerable.Range(0, count).Count(id => Read(tier, id) is not null);
        Assert.InRange(found, count / 8, count - 1);
        Assert.Equal(tier.LiveLength, HotTierLengthOf(tier, count));
    }

    [Fact]
    public void Fill_RowsThatAreRead_StayLongerThanThoseThatAreNot()
    {
        using var tier = new HotTier(256 << 10);
        for (var id = 0; id < 100; id++)
        {
            Put(tier, id, 1);
        }

        for (var id = 100; id < 20_000; id++)
        {
            Put(tier, id, 1);
            Read(tier, id % 100);
        }

        Assert.InRange(Enumerable.Range(0, 100).Count(id => Read(tier, id) is not null), 70, 100);
        Assert.InRange(Enumerable.Range(100, 10_000).Count(id => Read(tier, id) is not null), 0, 100);
    }

    [Fact]
    public void TryReadAndFill_Warm_AllocateNothing()
    {
        using var tier = new HotTier(64 << 10);
        var keys = Enumerable.Range(0, 1000).Select(id => TestRows.Key(View, id)).ToArray();
        var rows = Enumerable.Range(0, 1000).Select(id => TestRows.Row(View, id, 1)).ToArray();
        Run();

        Assert.Equal(0, Allocations.OfBestRun(Run));

        void Run()
        {
            for (var id = 0; id < keys.Length; id++)
            {
                var hash = HotTier.HashOf(keys[id]);
                if (!tier.TryRead(hash, keys[id], ref _row, out _, out var ticket))
                {
                    tier.Fill(keys[id], rows[id], ticket);
                }

                tier.EndWrite(hash, keys[id], rows[id], tier.BeginWrite(hash));
            }
        }
    }

    [Fact]
    public async Task TryRead_LongRowsEvictedAndOverwrittenMeanwhile_AreNeverTorn()
    {
        // Eight rows fit, each takes microseconds to copy, and sixteen take turns: memory is overwritten under readers all the time.
        const int Entities = 16;
        using var tier = new HotTier(512 << 10);
        var (isOver, hits) = (false, 0);
        var reading = Task.Factory.StartNew(
            () =>
            {
                var (row, random) = (new byte[8], new Random(1));
                while (!Volatile.Read(ref isOver))
                {
                    var id = random.Next(Entities);
                    if (tier.TryRead(Hash(id), TestRows.Key(View, id), ref row, out var length, out _))
                    {
                        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(row.AsSpan(0, length));
                        Assert.Equal(id, words[0] % Entities);
                        Assert.Equal(-1, words.IndexOfAnyExcept(words[0]));
                        Interlocked.Increment(ref hits);
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var (filled, buffer) = (new byte[48_000], new byte[8]);

        // Until the reader has read beside it, which a busy machine may put off; the greatest number is a safety net.
        for (var i = 0; (i < 1000 * TestRounds.Count || (i < 50_000_000 && Volatile.Read(ref hits) < 100)) && !reading.IsCompleted; i++)
        {
            var id = i % Entities;
            var key = TestRows.Key(View, id);
            if (!tier.TryRead(Hash(id), key, ref buffer, out _, out var ticket))
            {
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(filled.AsSpan()).Fill(i);
                tier.Fill(key, filled, ticket);
            }
        }

        Volatile.Write(ref isOver, true);
        await reading;
        Assert.True(hits > 0);
    }

    private static ulong Hash(int id) => HotTier.HashOf(TestRows.Key(View, id));

    private static long HotTierLengthOf(HotTier tier, int count)
    {
        var row = new byte[8];
        var length = 0L;
        for (var id = 0; id < count; id++)
        {
            var key = TestRows.Key(View, id);
            if (tier.TryRead(HotTier.HashOf(key), key, ref row, out var rowLength, out _))
            {
                length += (16 + ((key.Length + 7) & ~7) + rowLength + 15) & ~15;
            }
        }

        return length;
    }

    private ulong Miss(HotTier tier, int id)
    {
        Assert.False(tier.TryRead(Hash(id), TestRows.Key(View, id), ref _row, out _, out var ticket));
        return ticket;
    }

    private void Put(HotTier tier, int id, long version)
    {
        if (!tier.TryRead(Hash(id), TestRows.Key(View, id), ref _row, out _, out var ticket))
        {
            tier.Fill(TestRows.Key(View, id), TestRows.Row(View, id, version), ticket);
        }
    }

    private long? Read(HotTier tier, int id)
        => tier.TryRead(Hash(id), TestRows.Key(View, id), ref _row, out var length, out _) ? TestRows.VersionOf(_row.AsSpan(0, length), View, id) : null;
}
