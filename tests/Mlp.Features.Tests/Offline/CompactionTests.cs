using FsCheck.Xunit;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

public sealed class CompactionTests : CompactedStore
{
    private static readonly string?[] Names = ["b", "a\0x", "ä", null, string.Empty];
    private static readonly float?[] Floats = [1.5f, -0f, 0f, float.NaN, BitConverter.UInt32BitsToSingle(0x7FC0_0777), BitConverter.UInt32BitsToSingle(0xFFC0_0001), null];
    private static readonly double[] Doubles = [-0d, 0d, double.NaN, BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0777), 3];

    [Property(MaxTest = 12, EndSize = 30)]
    public async Task CompactAsync_AnyHistory_KeepsTheLatestOfEqualRowsBitForBitAndEveryEarlierCommit((byte Operation, byte Seed)[] history)
    {
        using var temp = new TempDirectory();
        var store = Open(temp, new FeatureStoreOptions { DuckDbThreads = 2 });
        var commits = new List<List<Measured>> { new() };
        var (files, sequence) = (0, 0);
        foreach (var (operation, seed) in history)
        {
            if (operation % 4 == 0)
            {
                var result = await store.CompactAsync("measured");
                Assert.Equal(files >= 2 ? commits.Count : null, result.Commit);
                if (result.Commit is not null)
                {
                    commits.Add(Deduplicated(commits[^1]));
                    Assert.Equal((files, commits[^2].Count, commits[^1].Count), (result.FilesBefore, (int)result.RowsBefore, (int)result.RowsAfter));
                    files = 1;
                }
            }
            else
            {
                var rows = Enumerable.Range(0, 1 + (seed % 7)).Select(i => Create(seed + (i * 31), sequence++)).ToList();
                await store.IngestAsync(rows);
                commits.Add([.. commits[^1], .. rows]);
                files++;
            }
        }

        for (var commit = 0; commit < commits.Count; commit++)
        {
            Assert.Equal(commits[commit].Select(Describe).Order(StringComparer.Ordinal), Rows(store, commit).Order(StringComparer.Ordinal));
        }

        // Another process sees the same.
        Assert.Equal(Rows(store, null), Rows(Open(temp), null));
    }

    [Property(MaxTest = 8, EndSize = 30)]
    public async Task CompactAsync_AnyHistory_TrainingSetsComeOutTheSame(byte[] seeds)
    {
        using var temp = new TempDirectory();
        var store = Open(temp);
        foreach (var chunk in seeds.Chunk(4))
        {
            await store.IngestAsync(chunk.Select((seed, i) => Create(seed, i)));
        }

        var before = await HashesAsync(store);
        await store.CompactAsync("measured", new CompactionOptions { IsFull = true });
        Assert.Equal(before, await HashesAsync(store));
        Assert.Equal(before, await HashesAsync(Open(temp)));
    }

    [Fact]
    public async Task CompactAsync_SmallAndLargeFiles_WritesWholeDaysOfTargetRowsInOrderAndLeavesLargeOnes()
    {
        var store = Open(Temp, new FeatureStoreOptions { TargetFileRows = 4 });
        await store.IngestAsync(Enumerable.Range(0, 4).Select(i => Row("large", Noon.AddSeconds(i), i)));
        var large = Reading.View<Measured>(store).GetSnapshot().Files.Single();
        foreach (var hour in new[] { 49, 1, 25, 2, 50, 73, 26, 3, 97 })
        {
            await store.IngestAsync([Row(hour % 2 == 0 ? "a" : "b", new DateTimeOffset(Noon.Date, TimeSpan.Zero).AddHours(hour), hour)]);
        }

        var result = await store.CompactAsync("measured");

        Assert.Equal((9, 2, 9L, 9L), (result.FilesBefore, result.FilesAfter, result.RowsBefore, result.RowsAfter));
        var commit = Reading.View<Measured>(store).LastCommit()!;
        Assert.Equal((OfflineCommitKind.Compaction, 9, result.Commit), (commit.Kind, commit.Removed.Count, commit.Number));
        Assert.Equal([("2026-03-01", 5L), ("2026-03-03", 4L)], commit.Added.Select(f => (f.Path.Split('/')[1], f.RowCount)));
        Assert.Contains(large, Reading.View<Measured>(store).GetSnapshot().Files);
        using var session = store.Offline.OpenSession();
        var path = Path.Combine(Temp.FullName, "features", "offline", "measured", "v1", commit.Added[0].Path);
        Assert.Equal(
            [("a", 2), ("a", 26), ("b", 1), ("b", 3), ("b", 25)],
            session.Query($"SELECT name, number FROM read_parquet('{path}', hive_partitioning = false)").Select(r => ((string)r[0]!, (int)(long)r[1]!)));

        // Nothing is left to do but for who asks for all.
        Assert.Null((await store.CompactAsync("measured", new CompactionOptions { SmallFileRows = 4 })).Commit);
        Assert.Equal(3, (await store.CompactAsync("measured", new CompactionOptions { IsFull = true })).FilesBefore);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.CompactAsync("measured", new CompactionOptions { MinimumFiles = 0 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.CompactAsync("measured", new CompactionOptions { SmallFileRows = 0 }));
    }

    [Fact]
    public async Task CompactAsync_TwoStoresBesideIngests_LoseAndDoubleNothing()
    {
        var options = new FeatureStoreOptions { DuckDbThreads = 1, TargetFileRows = 50 };
        var stores = new[] { Open(Temp, options), FeatureStore.Open(Temp.FullName, Catalog, MlPlatformMode.Reader, options, Time) };
        var ingests = Enumerable.Range(0, 12).Select(i => Task.Run(() => stores[i % 2].IngestAsync(Enumerable.Range(0, 5).Select(r => Row("x", Noon.AddHours((i * 5) + r), (i * 5) + r)), $"batch-{i}"))).ToList();
        var compactions = stores.Select(store => Task.Run(async () =>
        {
            while (ingests.Exists(ingest => !ingest.IsCompleted))
            {
                try
                {
                    await store.CompactAsync("measured", new CompactionOptions { IsFull = true });
                }
                catch (IOException e) when (e.Message.Contains("another process removed some", StringComparison.Ordinal))
                {
                    // The other one won five times.
                }
            }
        }));
        await Task.WhenAll(ingests);
        await Task.WhenAll(compactions);

        Assert.Equal(Enumerable.Range(0, 60).Select(i => (long)i), Reading.Column<long>(stores[0], View, "number").Order());
        Assert.Equal(60, Reading.Column<long>(stores[1], View, "ingest_sequence").Distinct().Count());
        var number = 0;
        Assert.All(Reading.View<Measured>(stores[1]).Commits(), commit => Assert.Equal(++number, commit.Number));
    }

    [Fact]
    public async Task ExpireAsync_AfterTheRetention_RemovesFilesAndRefusesTheirCommitsBySentence()
    {
        var store = Open(Temp);
        await store.IngestAsync([Row("a", Noon, 1)]);
        await store.IngestAsync([Row("a", Noon.AddHours(1), 2)]);
        await store.CompactAsync("measured");
        Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(new ExpirationResult("measured", 1, 0), await store.ExpireAsync("measured"));
        Assert.Single(Rows(store, 1));

        Time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(new ExpirationResult("measured", 1, 2), await store.ExpireAsync("measured"));
        Assert.Equal(new ExpirationResult("measured", 1, 0), await store.ExpireAsync("measured"));

        foreach (var open in new[] { store, Open(Temp) })
        {
            Assert.Equal(2, Rows(open, null).Count);
            Assert.Equal(2, Rows(open, 3).Count);
            Assert.Empty(Rows(open, 0));
            var expired = Assert.Throws<OfflineCommitExpiredException>(() => Rows(open, 2));
            Assert.Equal(("measured", 1, 2L), (expired.View, expired.Version, expired.Commit));
            Assert.Equal(
                "Expected commit 2 of feature view 'measured' version 1 to be readable, but it has expired: commit 3 replaced files of it at 2026-03-01 12:00:00Z, and they were removed after RemovedFileRetention. Commits from 3 on may be readable.",
                expired.Message);
        }

        Assert.Single(DataFiles());
    }

    [Fact]
    public async Task GetSnapshot_FileOfTheNewestCommitIsLost_IsDamageAndNoExpiry()
    {
        var store = Open(Temp);
        await store.IngestAsync([Row("a", Noon, 1)]);
        await store.IngestAsync([Row("a", Noon.AddHours(1), 2)]);
        await store.CompactAsync("measured");
        File.Delete(DataFiles().Single(path => path.Contains(Path.GetFileName(Reading.View<Measured>(store).LastCommit()!.Added[0].Path), StringComparison.Ordinal)));

        Assert.Contains("is missing", Assert.Throws<CorruptFileException>(() => Rows(store, null)).Message, StringComparison.Ordinal);
        Assert.Contains("is missing", Assert.Throws<CorruptFileException>(() => Rows(store, 3)).Message, StringComparison.Ordinal);
        Assert.Equal(2, Rows(store, 2).Count);
    }

    [Fact]
    public async Task CompactAsync_PushedAndMaterializedRows_AreNotReadAgainAndNoneIsMissed()
    {
        await using var harness = new FeatureStoreHarness(new FeaturesBuilder().Add<Shop>().AddService("shops", 1, s => s.From<Shop>()).Build());
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.IngestAsync<Shop>([new("a", now, now, 1)]);
        await harness.Store.PushAsync(new Shop("b", now, now, 2));
        await harness.Store.FlushAsync();
        Assert.Equal(2, (await harness.Store.MaterializeAsync("shop")).RowCount);
        await harness.Store.CompactAsync("shop");

        // The rows are as old as they were.
        var nothing = await harness.Store.MaterializeAsync("shop");
        Assert.Equal((0L, 3L), (nothing.RowCount, nothing.ToCommit));
        await harness.Store.IngestAsync<Shop>([new("c", now, now, 3)]);
        await harness.Store.PushAsync(new Shop("d", now, now, 4));
        await harness.Store.FlushAsync();
        await harness.Store.CompactAsync("shop");
        await harness.KillAsync();
        Assert.Equal([1f, 2f, 3f, 4f], Reading.Column<float>(harness.Store, harness.Store.Catalog.Views[0], "sales").Order());

        // The compacted file has rows that were not brought over yet.
        await harness.Store.MaterializeAsync("shop");
        var rows = await harness.Store.ReadAsync("shops", new EntityValue[] { "a", "b", "c", "d" });
        Assert.Equal([1f, 2f, 3f, 4f], Enumerable.Range(0, 4).Select(i => rows.Float32Of(i)[0]));
    }

    private static Measured Create(int seed, int sequence) => new(
        Names[seed % Names.Length],
        seed % 11 == 0 ? null : seed % 3,
        Noon.AddDays(seed % 3).AddMicroseconds(seed % 2),
        Noon.AddDays(seed % 2),
        sequence,
        Floats[seed % Floats.Length],
        Doubles[seed % Doubles.Length],
        seed % 4 == 0 ? null : "text",
        seed % 3 == 0 ? null : seed % 2 == 0);

    /// <summary>The naive rule: of rows with one key, event time and created time the last, unless a part of the key is null.</summary>
    private static List<Measured> Deduplicated(List<Measured> rows)
        => [.. rows.Where((row, i) => row.Name is null || row.Id is null || !rows.Skip(i + 1).Any(later => (later.Name, later.Id, later.At, later.KnownAt) == (row.Name, row.Id, row.At, row.KnownAt)))];

    private static string Describe(Measured row) => FormattableString.Invariant(
        $"{row.Name ?? "null"}|{row.Id}|{Microseconds.FromFeatureTime(row.At)}|{Microseconds.FromFeatureTime(row.KnownAt)}|{row.Number}|{(row.Value is { } f ? BitConverter.SingleToUInt32Bits(f) : null)}|{BitConverter.DoubleToInt64Bits(row.Exact)}|{row.Text}|{row.Flag}");

    /// <summary>All rows of a commit by their bits, in order of sequence.</summary>
    private static List<string> Rows(FeatureStore store, long? commit)
    {
        var snapshot = store.Offline.Open(View).GetSnapshot(commit);
        using var session = store.Offline.OpenSession();
        return session.Query($"SELECT name, id, epoch_us(event_time), epoch_us(created_time), number, value, exact, text, flag FROM {snapshot.Relation()} ORDER BY ingest_sequence").ConvertAll(r => FormattableString.Invariant(
            $"{r[0] ?? "null"}|{r[1]}|{r[2]}|{r[3]}|{r[4]}|{(r[5] is float f ? BitConverter.SingleToUInt32Bits(f) : null)}|{BitConverter.DoubleToInt64Bits((double)r[6]!)}|{r[7]}|{r[8]}"));
    }

    private static async Task<List<string>> HashesAsync(FeatureStore store)
    {
        var hashes = new List<string>();
        foreach (var mode in new[] { JoinMode.EventTime, JoinMode.CreatedTime })
        {
            var questions = Names.SelectMany(name => Enumerable.Range(-1, 3).SelectMany(id => Enumerable.Range(-1, 6).Select(day => new { Name = name, Id = id < 0 ? (long?)null : id, T = Noon.AddDays(day) })));
            using var set = await store.CreateTrainingSetAsync("svc", questions, "t", options: new() { Mode = mode });
            hashes.Add(set.Manifest.ContentHash);
        }

        return hashes;
    }
}
