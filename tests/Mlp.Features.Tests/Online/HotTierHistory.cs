using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

/// <summary>
/// Writers, removers and readers of a few entities, and views that are renewed; every answer is held against what was begun and acknowledged before and after it:
/// <list type="bullet">
/// <item>a row is whole, of its entity, and was written under the view's number (content);</item>
/// <item>it is as new as the newest write and removal that were acknowledged before the read began (nothing stale, nothing resurrected);</item>
/// <item>it is not newer than what was begun before the read ended;</item>
/// <item>there is no row only if none was acknowledged, or a removal began that is newer than what was;</item>
/// <item>what one reader sees of an entity never goes back.</item>
/// </list>
/// </summary>
/// <param name="store">The store under test.</param>
/// <param name="remove">Removes a row from it as the store would; null if it cannot.</param>
/// <param name="entities">Number of entities.</param>
internal sealed class HotTierHistory(TieredRowStore store, Func<byte[], ValueTask>? remove, int entities)
{
    private static readonly OnlineView View = OnlineTestViews.Create([new OnlineField("version", FeatureType.Int64), new OnlineField("check", FeatureType.Int64), .. Enumerable.Range(0, 14).Select(i => new OnlineField("w" + i, FeatureType.Int64))]);
    private static readonly FeatureRowLayout Layout = OnlineTestViews.LayoutOf(View);
    private static readonly ViewReadPlan Plan = OnlineTestViews.PlanOf(View, Layout);

    private readonly Entity[] _entities = [.. Enumerable.Range(0, entities).Select(_ => new Entity())];
    private readonly Lock _renewing = new();
    private Entity[] _current = [];
    private uint _view;

    internal long Answers { get; private set; }

    /// <summary>Runs for a number of operations per writer.</summary>
    internal async Task RunAsync(int seed, int writers, int readers, int operations, bool renews)
    {
        Renew();
        using var stop = new CancellationTokenSource();
        var reading = Enumerable.Range(0, readers).Select(r => Task.Run(() => ReadAsync(new Random((seed * 31) + r), stop.Token))).ToArray();
        var writing = Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(new Random((seed * 37) + 1000 + w), operations, renews && w == 0))).ToArray();
        await Task.WhenAll(writing);
        await stop.CancelAsync();
        foreach (var count in await Task.WhenAll(reading))
        {
            Answers += count;
        }

        // Everything has come to rest: what the tier says is what the row store says.
        await ReadAsync(new Random(seed), new CancellationToken(canceled: true));
    }

    private static byte[] Row(uint view, int id, long version)
    {
        var builder = new OnlineRowBuilder(View);
        builder.Begin(new RowVersion(version, version, version));
        for (var field = 0; field < View.Layout.Fields.Count; field++)
        {
            builder.SetInt64(field, field == 0 ? version : Check(view, id, version, field));
        }

        return builder.End().ToArray();
    }

    private static long Check(uint view, int id, long version, int field) => (version * 0x1E3779B97F4A7C15L) ^ ((long)view << 40) ^ ((long)id << 20) ^ field;

    private static byte[] Key(uint view, int id)
    {
        var key = new byte[10 + (id % 3)];
        BitConverter.TryWriteBytes(key, view);
        BitConverter.TryWriteBytes(key.AsSpan(4), id);
        return key;
    }

    private static void Raise(ref long value, long to)
    {
        for (var seen = Volatile.Read(ref value); seen < to;)
        {
            seen = Interlocked.CompareExchange(ref value, to, seen) is var found && found == seen ? to : found;
        }
    }

    private void Renew()
    {
        lock (_renewing)
        {
            var entities = _entities.Select(_ => new Entity()).ToArray();
            _current = entities;
            _view++;
        }
    }

    private (uint View, Entity[] Entities) Current()
    {
        lock (_renewing)
        {
            return (_view, _current);
        }
    }

    private async Task WriteAsync(Random random, int operations, bool renews)
    {
        for (var i = 0; i < operations; i++)
        {
            var (view, all) = Current();
            if (renews && i % (operations / 4) == operations / 8)
            {
                Renew();
                continue;
            }

            var id = random.Next(2) == 0 ? random.Next(4) : random.Next(entities);
            var entity = all[id];
            if (remove is not null && random.Next(8) == 0)
            {
                await RemoveAsync(entity, Key(view, id));
                continue;
            }

            await entity.EnterAsync(isRemoval: false);
            try
            {
                var version = Interlocked.Increment(ref entity.LastBegun);
                using (var writer = store.RentWriter())
                {
                    writer.Write(Key(view, id), Row(view, id, version));
                    if (random.Next(4) == 0)
                    {
                        // Late: it must not replace anything.
                        writer.Write(Key(view, id), Row(view, id, Math.Max(Volatile.Read(ref entity.RemovedBefore) + 1, version - 2)));
                    }

                    await writer.CompleteAsync();
                }

                Raise(ref entity.Acknowledged, version);
            }
            finally
            {
                entity.Leave(isRemoval: false);
            }
        }
    }

    /// <summary>A removal excludes writes of the entity, as the row store alone does not order them; reads go on.</summary>
    private async Task RemoveAsync(Entity entity, byte[] key)
    {
        await entity.EnterAsync(isRemoval: true);
        try
        {
            var version = Interlocked.Increment(ref entity.LastBegun);
            Volatile.Write(ref entity.RemovalBegun, version);
            await remove!(key);
            Volatile.Write(ref entity.RemovedBefore, version);
        }
        finally
        {
            entity.Leave(isRemoval: true);
        }
    }

    private async Task<long> ReadAsync(Random random, CancellationToken stop)
    {
        var rows = new FeatureRows(Layout, 48);
        var seen = new Dictionary<(uint View, int Id), long>();
        var before = new (int Id, long Acknowledged, long Removed)[48];
        var answers = 0L;
        do
        {
            var (view, all) = Current();
            var count = random.Next(3) == 0 ? 1 : random.Next(2, 49);
            rows.Reset(count);
            using (var reader = store.RentReader())
            {
                for (var i = 0; i < count; i++)
                {
                    var id = random.Next(2) == 0 ? random.Next(4) : random.Next(entities);
                    before[i] = (id, Volatile.Read(ref all[id].Acknowledged), Volatile.Read(ref all[id].RemovedBefore));
                    var destination = new RowDestination(Plan, rows, i, long.MaxValue);
                    if (count == 1)
                    {
                        reader.Read(Key(view, id), destination);
                    }
                    else
                    {
                        reader.Enqueue(Key(view, id), destination);
                    }
                }

                reader.ReadEnqueued();
                await reader.CompleteAsync();
            }

            // Rows of one call may be read in any order, so they are all held against the calls before.
            var versions = Enumerable.Range(0, count).Select(i => (before[i].Id, Version: Judge(view, all[before[i].Id], before[i], rows, i, seen.GetValueOrDefault((view, before[i].Id))))).ToList();
            foreach (var (id, version) in versions)
            {
                seen[(view, id)] = Math.Max(version, seen.GetValueOrDefault((view, id)));
            }

            answers += count;
        }
        while (!stop.IsCancellationRequested);

        return answers;
    }

    private static long Judge(uint view, Entity entity, (int Id, long Acknowledged, long Removed) before, FeatureRows rows, int index, long last)
    {
        if (rows.StatusOf(index)[0] == FeatureStatus.Missing)
        {
            var removal = Volatile.Read(ref entity.RemovalBegun);
            Assert.True(removal >= before.Acknowledged, $"Entity {before.Id} of view {view} is missing, but version {before.Acknowledged} was acknowledged and no removal since {removal} has begun.");
            Assert.True(removal >= last, $"Entity {before.Id} of view {view} is missing, but version {last} was seen and no removal since {removal} has begun.");
            return last;
        }

        var values = rows.Int64Of(index);
        var version = values[0];
        for (var field = 1; field < values.Length; field++)
        {
            Assert.True(values[field] == Check(view, before.Id, version, field), $"Entity {before.Id} of view {view}, version {version}: field {field} is torn or of another row.");
        }

        Assert.True(version >= before.Acknowledged, $"Entity {before.Id} of view {view}: version {version} is stale, {before.Acknowledged} was acknowledged before the read began.");
        Assert.True(version > before.Removed, $"Entity {before.Id} of view {view}: version {version} was removed at {before.Removed}.");
        Assert.True(version <= Volatile.Read(ref entity.LastBegun), $"Entity {before.Id} of view {view}: version {version} was never written.");
        Assert.True(version >= last, $"Entity {before.Id} of view {view}: version {version} was read after {last}.");
        return version;
    }

    private sealed class Entity
    {
        internal long LastBegun;
        internal long Acknowledged;
        internal long RemovalBegun;
        internal long RemovedBefore;
        private int _users;

        /// <summary>Many writes or one removal.</summary>
        internal async ValueTask EnterAsync(bool isRemoval)
        {
            while (true)
            {
                var users = Volatile.Read(ref _users);
                if (isRemoval ? users == 0 : users >= 0)
                {
                    if (Interlocked.CompareExchange(ref _users, isRemoval ? -1 : users + 1, users) == users)
                    {
                        return;
                    }
                }
                else
                {
                    await Task.Yield();
                }
            }
        }

        internal void Leave(bool isRemoval) => Interlocked.Add(ref _users, isRemoval ? 1 : -1);
    }
}
