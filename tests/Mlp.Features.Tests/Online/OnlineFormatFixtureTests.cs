using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

/// <summary>An online store written by format version 1 of views, write-ahead log, checkpoint and rows. Every later version reads it.</summary>
public sealed class OnlineFormatFixtureTests
{
    private const long Start = OnlineTestViews.Start;

    private static string Fixture => Path.Combine(AppContext.BaseDirectory, "Online", "Fixtures", "v1");

    [Fact]
    public async Task OpenAsync_FilesOfVersion1_HaveTheirRowsMarksAndPushes()
    {
        await using var harness = new OnlineStoreHarness();
        foreach (var file in Directory.EnumerateFiles(Fixture, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(harness.Folder, Path.GetRelativePath(Fixture, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        await harness.OpenAsync();

        // In the checkpoint, in the log behind it, and in the future.
        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 2f, Start), await harness.ReadAsync(2));
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(3)).Status);
        Assert.Equal((FeatureStatus.Present, 3f, Start + 10), await harness.ReadAsync(3, Start + 10));
        Assert.Equal(new MaterializationMark(4, Start - 1, HasLaterRows: true), harness.Store.FindMark(1));
        Assert.Equal(4, harness.Offline.Rows.Count);
        Assert.Equal([1L, 3, 5, 7], harness.Offline.Rows.Select(row => OnlineRowCodec.ReadVersion(row.Row).Sequence));
    }

    // How the fixture was made: run without Skip, then copy the folder that it names.
    [Fact(Skip = "Writes the fixture; to be run by hand when a format gets a new version.")]
    public async Task Write_CurrentVersion_MakesAFixture()
    {
        var harness = new OnlineStoreHarness();
        var folder = Path.Combine(Path.GetTempPath(), "mlp-online-fixture");
        harness.Offline.Failure = new IOException("The rows are to stay in the log.");
        await harness.OpenAsync(folder);
        await harness.PushAsync(1, Start, Start, 1);
        await harness.PushAsync(3, Start + 10, Start, 3);
        await harness.Store.SetMarkAsync(1, new MaterializationMark(4, Start - 1, HasLaterRows: true));
        await harness.Store.CheckpointAsync(default);
        await harness.PushAsync(2, Start, Start, 2);
        await harness.PushAsync(null, Start, Start, 4);
        await harness.Store.AbandonAsync();
        Assert.Fail(folder);
    }
}
