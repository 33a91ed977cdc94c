using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Tests.Offline;

/// <summary>The numbers of rows that arrive by ingest in one process and by push in another.</summary>
public sealed class IngestSequencesTests
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().AddService("shops", 1, s => s.From<Shop>()).Build();
    private static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<Shop>();

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(6, 6, 7)]
    [InlineData(7, 8, 7)]
    public void AtLeast_Bound_IsEvenForIngestsAndOddForPushes(long bound, long ingest, long push)
    {
        Assert.Equal(ingest, IngestSequences.AtLeast(OfflineCommitKind.Ingest, bound));
        Assert.Equal(push, IngestSequences.AtLeast(OfflineCommitKind.Push, bound));
    }

    [Fact]
    public async Task IngestAsync_PushesAreCommittedMeanwhile_KeepsItsFilesAndSharesNoNumber()
    {
        await using var owner = new FeatureStoreHarness(Catalog);
        await owner.OpenAsync();
        var disk = new WatchedDisk();
        var other = new FeatureStore(new DataDirectory(owner.Root, MlPlatformMode.Reader), Catalog, owner.Options, owner.Clock, null, disk);
        other.OpenOffline();
        var written = 0;
        disk.FlushingFile = path =>
        {
            // The ingest has its numbers and its files, and not its commit.
            written += path.EndsWith(".parquet", StringComparison.Ordinal) ? 1 : 0;
            owner.Store.PushAsync(Rows("pushed", 3)).AsTask().GetAwaiter().GetResult();
            owner.Store.FlushAsync().GetAwaiter().GetResult();
        };
        var result = await other.IngestAsync<Shop>(Rows("ingested", 4));
        disk.FlushingFile = _ => { };

        Assert.Equal((1, 2), (written, result.Commit));
        var sequences = Reading.Column<long>(owner.Store, View, FeatureViewDefinition.StoredSequence);
        Assert.Equal(7, sequences.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 4).Select(i => result.FirstSequence + (2 * i)), sequences.Where(s => s % 2 == 0));
        Assert.Equal(3, sequences.Count(s => s % 2 != 0));

        // What comes after both has the highest numbers.
        await owner.Store.PushAsync(Rows("later", 1));
        await owner.Store.FlushAsync();
        var third = await other.IngestAsync<Shop>(Rows("last", 1));
        Assert.Equal(["later", "last"], Reading.Column<string>(owner.Store, View, "id")[^2..]);
        Assert.Equal(third.FirstSequence, Reading.View<Shop>(owner.Store).LastCommit()!.LastSequence);
    }

    [Fact]
    public async Task Commit_IngestAndPush_SaysKindRangesAndHowFarPushesGo()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        await harness.Store.IngestAsync<Shop>(Rows("a", 3), "monday");
        await harness.Store.PushAsync(Rows("b", 2));
        await harness.Store.FlushAsync();

        var commits = Reading.View<Shop>(harness.Store).Commits();
        var (ingest, push) = (commits[0], commits[1]);
        Assert.Equal([OfflineCommitKind.Ingest, OfflineCommitKind.Push], commits.Select(c => c.Kind));
        Assert.Null(ingest.PushedThrough);
        Assert.Equal(push.FirstSequence + 2, push.PushedThrough);
        Assert.Equal((ingest.FirstSequence, ingest.FirstSequence + 4), (ingest.Added[0].MinSequence, ingest.Added[0].MaxSequence));
        Assert.Equal((push.FirstSequence, push.FirstSequence + 2), (push.Added[0].MinSequence, push.Added[0].MaxSequence));
        Assert.Equal((OnlineTestViews.Start, OnlineTestViews.Start + 2), (ingest.Added[0].MinCreatedTime, ingest.Added[0].MaxCreatedTime));
    }

    [Fact]
    public async Task FlushAsync_CommitFailsAfterItGotItsName_CommitsEveryRowOnce()
    {
        var disk = new WatchedDisk();
        await using var harness = new FeatureStoreHarness(Catalog) { Disk = disk };
        await harness.OpenAsync();
        await harness.Store.PushAsync(Rows("a", 2));
        disk.FlushedDirectory = path =>
        {
            if (path.EndsWith("commits", StringComparison.Ordinal) && File.Exists(Path.Combine(path, "1.json")))
            {
                disk.FlushedDirectory = _ => { };
                throw new IOException("No space left on device.");
            }
        };
        await Assert.ThrowsAsync<IOException>(() => harness.Store.FlushAsync());
        await harness.Store.PushAsync(Rows("b", 1));
        await harness.Store.FlushAsync();
        await harness.KillAsync();
        await harness.Store.FlushAsync();

        Assert.Equal(["a", "a", "b"], Reading.Column<string>(harness.Store, View, "id"));
    }

    [Theory]
    [InlineData("mlp-push/1-9223372036854775807")]
    [InlineData("MLP-monday")]
    public async Task IngestAsync_BatchIdOfThePlatform_IsRefused(string batchId)
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => harness.Store.IngestAsync<Shop>(Rows("a", 1), batchId));
        Assert.StartsWith($"Expected the batch id to leave names that start with 'mlp-' to the platform, but found '{batchId}'.", error.Message, StringComparison.Ordinal);
    }

    private static List<Shop> Rows(string id, int count)
        => [.. Enumerable.Range(0, count).Select(i => new Shop(id, Microseconds.ToDateTimeOffset(OnlineTestViews.Start), Microseconds.ToDateTimeOffset(OnlineTestViews.Start + i), i))];
}
