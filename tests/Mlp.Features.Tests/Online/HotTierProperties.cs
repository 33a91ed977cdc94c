using FsCheck.Xunit;
using Mlp.Features.Online;

namespace Mlp.Features.Tests.Online;

/// <summary>
/// Any interleaving of reads that missed and fill later, writes that are on their way, removals and renewed views: what the tier has is what the row store has. The tier is so small that rows are evicted all the time,
/// and has few buckets, so that keys share them.
/// </summary>
public sealed class HotTierProperties
{
    private const int Entities = 60;

    [Property(MaxTest = 60, EndSize = 400)]
    public void TryRead_AnyInterleaving_EqualsTheRowStoreOrIsAMiss((byte Operation, byte Id, byte Version)[] history)
    {
        using var tier = new HotTier(HotTier.MinimumSize);
        var store = new Dictionary<(uint View, int Id), byte[]>();
        var fills = new Queue<(byte[] Key, byte[] Row, ulong Ticket)>();
        var writes = new List<(uint View, int Id, ulong Ticket, byte[] Row)>();
        var buffer = new byte[8];
        var view = 1u;
        foreach (var (operation, entity, number) in history)
        {
            var id = entity % Entities;
            var key = TestRows.Key(view, id);
            var hash = HotTier.HashOf(key);
            switch (operation % 16)
            {
                case 0 when number % 8 == 0:
                    view++;
                    break;
                case 1 or 2:
                    // A write is counted on; the row store decides at once or when it is counted off.
                    var row = TestRows.Row(view, id, number);
                    writes.Add((view, id, tier.BeginWrite(hash), row));
                    break;
                case 3 or 4 when writes.Count > 0:
                    End(number % writes.Count, isRemoval: false);
                    break;
                case 5 when writes.Count > 0:
                    End(number % writes.Count, isRemoval: true);
                    break;
                case 6 or 7 when fills.Count > 0:
                    var (filled, kept, ticket) = fills.Dequeue();
                    tier.Fill(filled, kept, ticket);
                    break;
                case 8:
                    writes.Add((view, id, tier.BeginWrite(hash), TestRows.Row(view, id, number)));
                    End(writes.Count - 1, isRemoval: number % 5 == 0);
                    break;
                default:
                    if (!tier.TryRead(hash, key, ref buffer, out _, out var missed) && store.TryGetValue((view, id), out var current))
                    {
                        if (operation % 2 == 0)
                        {
                            tier.Fill(key, current, missed);
                        }
                        else
                        {
                            fills.Enqueue((key, current, missed));
                        }
                    }

                    break;
            }

            AssertSame();
        }

        void End(int index, bool isRemoval)
        {
            var (writtenView, id, ticket, row) = writes[index];
            writes.RemoveAt(index);
            var key = TestRows.Key(writtenView, id);
            if (isRemoval)
            {
                store.Remove((writtenView, id));
                tier.EndRemove(HotTier.HashOf(key), key, ticket);
                return;
            }

            if (!store.TryGetValue((writtenView, id), out var kept) || OnlineRowCodec.Replaces(row, kept))
            {
                store[(writtenView, id)] = row;
            }

            tier.EndWrite(HotTier.HashOf(key), key, row, ticket);
        }

        void AssertSame()
        {
            for (var id = 0; id < Entities; id++)
            {
                for (var v = Math.Max(1, view - 1); v <= view; v++)
                {
                    var key = TestRows.Key(v, id);
                    if (tier.TryRead(HotTier.HashOf(key), key, ref buffer, out var length, out _))
                    {
                        Assert.Equal(store[(v, id)], buffer.AsSpan(0, length).ToArray());
                    }
                }
            }

            Assert.InRange(tier.LiveLength, 0, HotTier.MinimumSize);
        }
    }
}
