using FsCheck.Xunit;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class BatchOrderTests
{
    [Property(MaxTest = 200)]
    public bool For_RowsWithoutGroups_AreEachInOneBatchOfAtLeastTwo(ushort rows, byte batchSize, int seed)
    {
        var (count, size) = (2 + (rows % 3000), 2 + batchSize);
        var order = new BatchOrder(count, [], size, seed);

        var plan = order.For(1);

        return plan.Rows.Order().SequenceEqual(Enumerable.Range(0, count))
            && plan.Ends.Length == order.BatchCount
            && Enumerable.Range(0, order.BatchCount).All(b => plan.Of(b).Length >= 2 && plan.Of(b).Length <= order.LargestBatch && plan.Of(b).Length <= Math.Max(size, 3));
    }

    [Property(MaxTest = 200)]
    public bool For_Groups_StayTogether(byte[] sizes, byte batchSize, int seed)
    {
        int[] groups = [.. sizes.Append((byte)3).SelectMany((s, g) => Enumerable.Repeat(g, 1 + (s % 9)))];
        var order = new BatchOrder(groups.Length, groups, 2 + batchSize, seed);

        var plan = order.For(2);

        var batches = Enumerable.Range(0, order.BatchCount).Select(b => plan.Of(b).ToArray()).ToList();
        return plan.Rows.Order().SequenceEqual(Enumerable.Range(0, groups.Length))
            && batches.All(b => b.Length <= order.LargestBatch)
            && Enumerable.Range(0, groups[^1] + 1).All(g => batches.Count(b => b.Any(r => groups[r] == g)) == 1)
            && batches.All(b => b.SequenceEqual(b.GroupBy(r => groups[r]).SelectMany(g => g.Order())));
    }

    [Property(MaxTest = 200)]
    public bool For_Shards_ArePartsOfTheBatchesOfOneWithLargerOnes(byte[] sizes, byte batchSize, byte count, bool hasGroups, int seed)
    {
        var replicas = 1 + (count % 5);
        int[] groups = [.. sizes.Concat(new byte[2 * replicas]).SelectMany((s, g) => Enumerable.Repeat(g, 1 + (s % 9)))];
        var (rows, size) = (groups.Length, 2 + (batchSize % 30));
        groups = hasGroups ? groups : [];
        var shards = Enumerable.Range(0, replicas).Select(r => new BatchOrder(rows, groups, size, seed, new Shard(r, replicas))).ToArray();
        var plans = shards.Select(s => s.For(3)).ToArray();
        var whole = new BatchOrder(rows, groups, size * replicas, seed);

        return plans[0].Rows.SequenceEqual(whole.For(3).Rows)
            && (shards[0].BatchCount == whole.BatchCount || shards[0].BatchCount == (hasGroups ? groups[^1] + 1 : rows) / (2 * replicas))
            && Enumerable.Range(0, shards[0].BatchCount).All(b =>
            {
                var parts = plans.Select(p => p.Of(b).ToArray()).ToArray();
                var units = parts.Select(p => hasGroups ? p.Select(r => groups[r]).Distinct().Count() : p.Length).ToArray();
                return units.All(u => u >= 2 || (hasGroups && u >= 1))
                    && units.Max() - units.Min() <= 1
                    && parts.All(p => p.Length <= shards[0].LargestBatch)
                    && parts.Sum(p => p.Length) == plans[0].CountOf(b, b + 1)
                    && (shards[0].BatchCount != whole.BatchCount || parts.SelectMany(p => p).SequenceEqual(whole.For(3).Of(b).ToArray()));
            });
    }

    [Property(MaxTest = 200)]
    public bool For_ReplicasChangeWithinAnEpoch_EachUnitIsTrainedOnce(byte[] sizes, byte batchSize, byte[] changes, bool hasGroups, int seed)
    {
        int[] groups = [.. sizes.Concat(new byte[40]).SelectMany((s, g) => Enumerable.Repeat(g, 1 + (s % 9)))];
        var rows = groups.Length;
        groups = hasGroups ? groups : [];
        var (trained, start, isWithinLimits) = (new List<int>(), 0, true);
        for (var change = 0; change <= changes.Length; change++)
        {
            var replicas = 1 + (change == 0 ? 2 : changes[change - 1] % 4);
            var orders = Enumerable.Range(0, replicas).Select(r => new BatchOrder(rows, groups, 2 + (batchSize % 20), seed, new Shard(r, replicas))).ToArray();
            var total = orders[0].UnitCount;
            if (total - start < 2 * replicas)
            {
                break;
            }

            var plans = orders.Select(o => o.For(5, start)).ToArray();
            var count = orders[0].BatchCountFrom(start, replicas);
            var done = change == changes.Length ? count : changes[change] % count;
            for (var batch = 0; batch < done; batch++)
            {
                var parts = plans.Select(p => p.Of(batch).ToArray()).ToArray();
                isWithinLimits &= parts.All(p => p.Length > 0 && p.Length <= orders[0].LargestBatchFrom(start)) && parts.Sum(p => p.Length) == plans[0].CountOf(batch, batch + 1);
                trained.AddRange(parts.SelectMany(p => p));
            }

            start += (int)((long)(total - start) * done / count);
        }

        return isWithinLimits && trained.SequenceEqual(new BatchOrder(rows, groups, 2, seed).For(5).Rows.Take(trained.Count));
    }

    [Fact]
    public void For_SeedAndEpoch_DecideTheOrder()
    {
        var (a, b, other) = (new BatchOrder(100, [], 10, 1), new BatchOrder(100, [], 10, 1), new BatchOrder(100, [], 10, 2));

        Assert.Equal(a.For(3).Rows, b.For(3).Rows);
        Assert.NotEqual(a.For(3).Rows, a.For(4).Rows);
        Assert.NotEqual(a.For(3).Rows, other.For(3).Rows);
    }
}
