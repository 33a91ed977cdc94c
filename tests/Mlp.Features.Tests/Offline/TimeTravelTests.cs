using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

/// <summary>Reading earlier commits, and which files a question opens: a file that must stay closed is damaged, and one that is opened says so.</summary>
public sealed class TimeTravelTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().Add<Rate>().AddService("svc", 1, s => s.From<Shop>().From<Rate>()).Build();

    private readonly TempDirectory _temp = new();
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task CreateTrainingSetAsync_EarlierCommits_GiveWhatTheStoreHeldThen()
    {
        var store = Open();
        await store.IngestAsync<Shop>([new("a", Noon, Noon, 1)]);
        _time.Advance(TimeSpan.FromHours(1));
        await store.IngestAsync<Rate>([new("a", Noon, 10)]);
        _time.Advance(TimeSpan.FromHours(1));

        // A correction of what was, and a compaction over it.
        await store.IngestAsync<Shop>([new("a", Noon, Noon.AddHours(2), 2)]);
        using var then = await AskAsync(store, OfflineTimeTravel.ToCommitTime(Noon.AddHours(2).AddMicroseconds(-1)));
        await store.CompactAsync("shop");

        Assert.Equal((null, null), await AnswerAsync(store, OfflineTimeTravel.ToCommitTime(Noon.AddMicroseconds(-1))));
        Assert.Equal((1f, null), await AnswerAsync(store, OfflineTimeTravel.ToCommitTime(Noon)));
        Assert.Equal((1f, 10f), await AnswerAsync(store, OfflineTimeTravel.ToCommitTime(Noon.AddHours(1))));
        Assert.Equal((2f, 10f), await AnswerAsync(store, OfflineTimeTravel.ToCommitTime(Noon.AddHours(2))));
        Assert.Equal((2f, 10f), await AnswerAsync(store, null));

        using var again = await AskAsync(Open(), OfflineTimeTravel.ToCommits(then.Manifest.Commits));
        Assert.Equal((then.Manifest.ContentHash, 1L), (again.Manifest.ContentHash, again.Manifest.Commits[0].Commit));
        Assert.Equal(then.Manifest.Commits, again.Manifest.Commits);

        _time.Advance(TimeSpan.FromDays(8));
        await store.ExpireAsync("shop");
        var expired = await Assert.ThrowsAsync<OfflineCommitExpiredException>(() => AskAsync(store, OfflineTimeTravel.ToCommits(then.Manifest.Commits)));
        Assert.StartsWith("Expected commit 1 of feature view 'shop' version 1 to be readable, but it has expired: commit 3 replaced files of it at 2026-03-01 14:00:00Z", expired.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OfflineCommitExpiredException>(() => store.CheckLeakageAsync(then));
    }

    [Fact]
    public async Task CreateTrainingSetAsync_CommitsThatDoNotFit_AreRefusedBySentence()
    {
        var store = Open();
        await store.IngestAsync<Shop>([new("a", Noon, Noon, 1)]);
        using var set = await AskAsync(store, null);
        var (shop, rate) = (set.Manifest.Commits[0], set.Manifest.Commits[1]);

        Assert.Equal(
            "Expected a commit for feature view 'rate' version 1, but found 'shop' version 1.",
            (await Assert.ThrowsAsync<FeatureDefinitionException>(() => AskAsync(store, OfflineTimeTravel.ToCommits([shop])))).Message);
        Assert.StartsWith(
            "Expected a commit of feature view 'shop' version 1 with fingerprint",
            (await Assert.ThrowsAsync<FeatureDefinitionException>(() => AskAsync(store, OfflineTimeTravel.ToCommits([shop with { Fingerprint = "0" }, rate])))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Expected a commit of feature view 'shop' version 1 from 0 to 1, but found 2.",
            (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => AskAsync(store, OfflineTimeTravel.ToCommits([shop with { Commit = 2 }, rate])))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JoinMode.EventTime)]
    [InlineData(JoinMode.CreatedTime)]
    public async Task CreateTrainingSetAsync_FilesThatNobodyCanSee_StayClosed(JoinMode mode)
    {
        var store = Open();
        await store.IngestAsync<Shop>([new("a", Noon, Noon, 1)]);
        await store.IngestAsync<Shop>([new("a", Noon.AddDays(2), Noon.AddDays(2), 2)]);
        await store.IngestAsync<Shop>([new("a", Noon.AddHours(1), Noon.AddDays(3), 3)]);
        var files = Reading.View<Shop>(store).GetSnapshot().Files.Select(file => _temp.Combine("features", "offline", "shop", "v1", file.Path)).ToList();
        Damage(files[1]);
        if (mode == JoinMode.CreatedTime)
        {
            Damage(files[2]);
        }

        // Another process, which has checked none of the files yet.
        using var set = await AskAsync(Open(), null, mode, Noon.AddDays(1));
        Assert.Equal(mode == JoinMode.EventTime ? 3f : 1f, (await ReadAsync(set)).Shop);
        var opened = await Assert.ThrowsAsync<CorruptFileException>(() => AskAsync(Open(), null, mode, Noon.AddDays(5)));
        Assert.Contains(opened.Path, files[1..]);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_FilesWhoseRowsHaveAllExpired_StillTellExpiredFromMissing()
    {
        var store = Open();
        await store.IngestAsync<Rate>([new("a", Noon.AddDays(-10), 1), new("b", Noon.AddDays(-10), 2)]);
        await store.IngestAsync<Rate>([new("b", Noon, 3)]);
        var questions = new[] { "a", "b", "c" }.Select(id => new { Id = id, Rated = id, T = Noon.AddHours(1) });
        using var set = await store.CreateTrainingSetAsync("svc", questions, "t");
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([3, 1, 0], ((UInt8Array)batch.Column("rate__status")).Values.ToArray());
            Assert.Equal([null, 3f, null], Enumerable.Range(0, 3).Select(i => ((FloatArray)batch.Column("value")).GetValue(i)));
            Assert.Equal(Microseconds.FromFeatureTime(Noon.AddDays(-10)), ((Int64Array)batch.Column("rate__event_time")).GetValue(0));
        }

        Assert.Empty((await store.CheckLeakageAsync(set)).Differences);
    }

    [Fact]
    public async Task MaterializeAsync_FilesOfEarlierCommitsAndOfTheFuture_StayClosed()
    {
        await using var harness = new FeatureStoreHarness(new FeaturesBuilder().Add<Shop>().AddService("shops", 1, s => s.From<Shop>()).Build());
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.IngestAsync<Shop>([new("a", now, now, 1)]);
        await harness.Store.MaterializeAsync("shop");
        await harness.Store.IngestAsync<Shop>([new("b", now, now, 2)]);
        await harness.Store.IngestAsync<Shop>([new("c", now.AddDays(1), now, 3)]);
        var files = Reading.View<Shop>(harness.Store).GetSnapshot().Files.Select(file => Path.Combine(harness.Root, "features", "offline", "shop", "v1", file.Path)).ToList();
        var future = File.ReadAllBytes(files[2]);
        Damage(files[0]);
        Damage(files[2]);
        await harness.ReopenAsync();

        Assert.Equal(1, (await harness.Store.MaterializeAsync("shop")).RowCount);
        Assert.True(harness.Store.Online.Store.FindMark(1)!.Value.HasLaterRows);
        harness.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(files[2], (await Assert.ThrowsAsync<CorruptFileException>(() => harness.Store.MaterializeAsync("shop"))).Path);
        File.WriteAllBytes(files[2], future);
        Assert.Equal(1, (await harness.Store.MaterializeAsync("shop")).RowCount);
        Assert.False(harness.Store.Online.Store.FindMark(1)!.Value.HasLaterRows);
    }

    private static Task<JoinedTrainingSet> AskAsync(FeatureStore store, OfflineTimeTravel? timeTravel, JoinMode mode = JoinMode.EventTime, DateTimeOffset? at = null)
        => store.CreateTrainingSetAsync("svc", [new { Id = "a", Rated = "a", T = at ?? Noon.AddHours(3) }], "t", options: new() { Mode = mode, TimeTravel = timeTravel });

    private static async Task<(float? Shop, float? Rate)> AnswerAsync(FeatureStore store, OfflineTimeTravel? timeTravel)
    {
        using var set = await AskAsync(store, timeTravel);
        return await ReadAsync(set);
    }

    private static async Task<(float? Shop, float? Rate)> ReadAsync(JoinedTrainingSet set)
    {
        await foreach (var batch in set.ReadAsync())
        {
            return (((FloatArray)batch.Column("sales")).GetValue(0), ((FloatArray)batch.Column("value")).GetValue(0));
        }

        throw new InvalidOperationException("No row.");
    }

    /// <summary>Keeps the length, which is looked at without opening a file.</summary>
    private static void Damage(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan().Fill(0x5A);
        File.WriteAllBytes(path, bytes);
    }

    private FeatureStore Open() => FeatureStore.Open(_temp.FullName, Catalog, options: new FeatureStoreOptions { DuckDbThreads = 1 }, time: _time);

    [FeatureView("rate", CreatedTimeEqualsEventTime = true, TimeToLive = "1.00:00:00")]
    public sealed record Rate([EntityKey] string Rated, [EventTimestamp] DateTimeOffset At, [Feature] float Value);
}
