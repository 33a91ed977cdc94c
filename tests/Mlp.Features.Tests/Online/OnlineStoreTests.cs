using System.Security.Cryptography;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests.Online;

public abstract class OnlineStoreTests(long hotTierSize)
{
    public sealed class WithHotTier() : OnlineStoreTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : OnlineStoreTests(0);

    private const long Start = OnlineTestViews.Start;

    [Fact]
    public async Task WriteAsync_Rows_AreReadAtOnceAndAfterEveryKindOfReopening()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 11);
        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));

        await harness.KillAsync();
        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));
        await harness.ReopenAsync();
        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));
        await harness.PushAsync(2, Start, Start, 22);
        await harness.ReopenAsync();
        await harness.ReopenAsync();
        await harness.KillAsync();

        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 22f, Start), await harness.ReadAsync(2));
        Assert.Equal((FeatureStatus.Missing, float.NaN, FeatureRows.NoEventTime), await harness.ReadAsync(3));
        Assert.Equal(2, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task ReadAsync_RowOfTheFuture_DoesNotHideThePresentOne()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        await harness.PushAsync(1, Start + 10, Start, 2);
        await harness.PushAsync(1, Start - 5, Start + 20, 3);
        await harness.PushAsync(2, Start + 10, Start, 4);

        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1, Start + 10));
        Assert.Equal((FeatureStatus.Present, 4f, Start + 10), await harness.ReadAsync(2, Start + 11));
        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1, Start + 9));
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(2)).Status);

        await harness.Store.CheckpointAsync(default);
        await harness.Store.CheckpointAsync(default);
        await harness.Store.CheckpointAsync(default);
        await harness.KillAsync();
        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1, Start + 10));

        harness.Advance(10);
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 4f, Start + 10), await harness.ReadAsync(2));
        await harness.ReopenAsync();
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1));
        harness.Advance(10);
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1));
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(1, Start + 9)).Status);
        Assert.Equal(long.MaxValue, harness.Store.Due.NextDue);
        Assert.Equal(4, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task ReadAsync_NullKey_IsMissingAndTheRowGoesOfflineOnly()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(null, Start, Start, 1);

        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(null)).Status);
        await harness.Store.FoldAsync(1, default);
        Assert.Single(harness.Offline.Rows);
    }

    [Fact]
    public async Task ReadAsync_WrongKeysOrLayout_AreSentences()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var rows = new FeatureRows(harness.Description.Layout, 2);
        rows.Reset(2);
        var other = new FeatureRows(new FeatureRowLayout([new FeatureColumn("x", FeatureType.Int64, "v")]), 1);

        var count = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1 }, Start, rows, 0, rows.RowCount));
        var kind = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1, "a" }, Start, rows, 0, rows.RowCount));
        var range = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1, 2 }, Start, rows, 1, 2));
        var times = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1, 2 }, new[] { Start }, rows, 0, 2));
        var layout = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1 }, Start, other, 0, 1));

        Assert.Contains("Expected 2 x 1 key parts", count.Message, StringComparison.Ordinal);
        Assert.Contains("Expected key 'id'", kind.Message, StringComparison.Ordinal);
        Assert.Contains("found String in row 1", kind.Message, StringComparison.Ordinal);
        Assert.Contains("Expected a destination with 2 rows from row 1 on for feature service 's' version 1, but it has 2 rows.", range.Message, StringComparison.Ordinal);
        Assert.Contains("Expected a time for each of 2 rows of feature service 's' version 1, but found 1 times.", times.Message, StringComparison.Ordinal);
        Assert.Contains("another layout", layout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FoldAsync_ManyPushes_CommitsEachRowOnceAlsoAfterKills()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            if (i % 7 == 3)
            {
                await harness.Store.FoldAsync(1, default);
            }

            if (i % 5 == 4)
            {
                await harness.KillAsync();
            }

            if (i % 4 == 1)
            {
                await harness.Store.CheckpointAsync(default);
            }
        }

        await harness.ReopenAsync();
        Assert.Equal(20, harness.Offline.Rows.Count);
        var sequences = harness.Offline.Rows.Select(row => OnlineRowCodec.ReadVersion(row.Row).Sequence).ToList();
        Assert.Equal(sequences.Order(), sequences);
        Assert.Equal(20, sequences.Distinct().Count());
        Assert.Equal(0, harness.Store.WaitingForOffline);
    }

    [Fact]
    public async Task FoldAsync_OfflineStoreFails_KeepsTheRowsAndTheirSegments()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        harness.Options.OfflineBatchSize = 2;
        await harness.OpenAsync();
        harness.Offline.Failure = new IOException("disk full");
        for (var i = 0; i < 9; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            await harness.Store.CheckpointAsync(default);
        }

        await Assert.ThrowsAsync<IOException>(() => harness.Store.FoldAsync(1, default));
        Assert.Equal(9, harness.Store.WaitingForOffline);
        await harness.ReopenAsync();
        Assert.Equal(9, harness.Store.WaitingForOffline);
        Assert.NotNull(harness.Store.BackgroundFailure);

        harness.Offline.Failure = null;
        await harness.Store.FoldAsync(1, default);
        Assert.Equal(9, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task CheckpointAsync_Repeated_KeepsTwoAndDeletesOldSegments()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        for (var i = 0; i < 6; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            await harness.Store.FoldAsync(1, default);
            await harness.Store.CheckpointAsync(default);
        }

        Assert.Equal(["0000000005", "0000000006"], Directory.GetDirectories(Path.Combine(harness.Folder, "checkpoints")).Select(Path.GetFileName).Order());
        Assert.Equal(["0000000006.mlplog", "0000000007.mlplog"], Directory.GetFiles(Path.Combine(harness.Folder, "wal")).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("index.bin")]
    [InlineData("index-info.bin")]
    [InlineData("log-info.bin")]
    [InlineData("checkpoint.json")]
    [InlineData(null)]
    public async Task OpenAsync_DamagedCheckpoint_FallsBackToTheOneBefore(string? file)
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        Damage(harness, "0000000003", file);

        await harness.OpenAsync();

        Assert.Equal(["0000000002"], Directory.GetDirectories(Path.Combine(harness.Folder, "checkpoints")).Select(Path.GetFileName));
        await AssertAllThereAsync(harness);
        await harness.PushAsync(1, Start + 1, Start, 77);
        harness.Advance(1);
        await harness.ReopenAsync();
        await harness.KillAsync();
        Assert.Equal(77f, (await harness.ReadAsync(1)).Value);
        Assert.Equal(2f, (await harness.ReadAsync(2)).Value);
    }

    [Fact]
    public async Task OpenAsync_AllCheckpointsDamaged_IsASentenceAndNeverEmpty()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        Damage(harness, "0000000003", "index.bin");
        Damage(harness, "0000000002", "log-info.bin");

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync());

        Assert.Contains("neither", error.Message, StringComparison.Ordinal);
        Assert.Contains("index.bin", error.Message, StringComparison.Ordinal);
        Assert.Contains("materialize again", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(harness.Folder, "checkpoints")).Length);
    }

    [Fact]
    public async Task OpenAsync_OnlyCheckpointDamagedAndWholeLog_ReplaysItAll()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        await harness.Store.CheckpointAsync(default);
        await harness.PushAsync(2, Start, Start, 2);
        await harness.Store.AbandonAsync();
        Damage(harness, "0000000001", "index.bin");

        await harness.OpenAsync();

        Assert.Equal(1f, (await harness.ReadAsync(1)).Value);
        Assert.Equal(2f, (await harness.ReadAsync(2)).Value);
    }

    [Fact]
    public async Task OpenAsync_MissingOrDamagedSegment_IsASentence()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.PushAsync(8, Start, Start, 8);
        await harness.PushAsync(9, Start, Start, 9);
        await harness.Store.AbandonAsync();
        var segment = Directory.GetFiles(Path.Combine(harness.Folder, "wal")).Order().Last();
        var bytes = File.ReadAllBytes(segment);

        var flipped = (byte[])bytes.Clone();
        flipped[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(segment, flipped);
        Assert.Contains(segment, (await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync())).Message, StringComparison.Ordinal);

        File.Delete(segment);
        var missing = await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync());
        Assert.Contains($"'{segment}'", missing.Message, StringComparison.Ordinal);
        Assert.Contains("missing", missing.Message, StringComparison.Ordinal);

        File.WriteAllBytes(segment, bytes);
        await harness.OpenAsync();
        await AssertAllThereAsync(harness);
        Assert.Equal(9f, (await harness.ReadAsync(9)).Value);
    }

    [Fact]
    public async Task OpenAsync_MissingOrShortRowLog_IsASentence()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        var log = Path.Combine(harness.Folder, "rows", "rows.0");
        var bytes = File.ReadAllBytes(log);

        File.Delete(log);
        Assert.Contains($"'{log}' of the online store's log to have at least", (await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync())).Message, StringComparison.Ordinal);
        File.WriteAllBytes(log, bytes[..100]);
        Assert.Contains("it has 100", (await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync())).Message, StringComparison.Ordinal);

        File.WriteAllBytes(log, bytes);
        await harness.OpenAsync();
        await AssertAllThereAsync(harness);
    }

    [Fact]
    public async Task DisposeAsync_WhileOthersRead_LetsThemFinish()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync([.. Enumerable.Range(0, 20_000).Select(i => ((long?)i, Start, Start, (float)i))]);
        using var begun = new CountdownEvent(3);
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            var reads = 0;
            try
            {
                while (true)
                {
                    var id = random.Next(20_000);
                    Assert.Equal((FeatureStatus.Present, (float)id, Start), await harness.ReadAsync(id));
                    if (reads++ == 0)
                    {
                        begun.Signal();
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                return reads;
            }
        })).ToArray();
        Assert.True(await Task.Run(() => begun.Wait(TimeSpan.FromMinutes(2))));

        await harness.Store.DisposeAsync();

        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
        await harness.OpenAsync();
    }

    [Theory]
    [InlineData("checkpoints/0000000003/checkpoint.json", "mlp-online-checkpoint", null)]
    [InlineData("checkpoints/0000000002/checkpoint.json", "mlp-online-checkpoint", null)]
    [InlineData("checkpoints/0000000002/checkpoint.json", "mlp-online-checkpoint", "0000000003")]
    [InlineData("views.json", "mlp-online-views", null)]
    public async Task OpenAsync_NewerDocumentOfAnyShape_IsRefusedAndNothingIsChanged(string file, string format, string? damaged)
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        var path = Path.Combine(harness.Folder, file);
        File.WriteAllText(path, $$"""{ "format": "{{format}}", "formatVersion": 9, "rows": "elsewhere" }""");
        if (damaged is not null)
        {
            Damage(harness, damaged, "index.bin");
        }

        var files = Contents(harness.Folder);
        var error = await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => harness.OpenAsync());

        Assert.Equal((9, path), (error.Found, error.Path));
        Assert.Equal(files, Contents(harness.Folder));
    }

    [Fact]
    public async Task OpenAsync_NewerSegment_IsRefusedAndNothingIsChanged()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        await harness.Store.CheckpointAsync(default);
        await harness.Store.AbandonAsync();
        Damage(harness, "0000000001", "index.bin");
        using (var newer = FrameLogWriter.Create(DiskSync.Instance, Path.Combine(harness.Folder, "wal", "0000000003.mlplog"), """{ "format": "mlp-online-write-ahead", "formatVersion": 3 }"""u8))
        {
            // A header is all it takes.
        }

        var files = Contents(harness.Folder);
        Assert.Equal(3, (await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => harness.OpenAsync())).Found);
        Assert.Equal(files, Contents(harness.Folder));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, "a1b2c3d4")]
    [InlineData(false, "a1b2c3d4")]
    public async Task OpenAsync_ViewsAbsentOrOthers_IsASentenceAndGivesNoNumberAgain(bool hasCheckpoint, string? fingerprint)
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        if (hasCheckpoint)
        {
            await harness.Store.CheckpointAsync(default);
        }

        await harness.Store.AbandonAsync();
        var path = Path.Combine(harness.Folder, "views.json");
        var text = File.ReadAllText(path);
        File.Delete(path);
        if (fingerprint is not null)
        {
            File.WriteAllText(path, Unsealed(text).Replace(fingerprint, "ffffffff", StringComparison.Ordinal));
        }

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync());
        Assert.Equal(path, error.Path);
        Assert.Contains("Restore the file, or delete the folder", error.Message, StringComparison.Ordinal);
        Assert.Equal(fingerprint is not null, File.Exists(path));

        File.WriteAllText(path, text);
        await harness.OpenAsync();
        Assert.Equal(1f, (await harness.ReadAsync(1)).Value);
    }

    [Theory]
    [InlineData("\"engine\": \"faster-2.6.5\"", "\"engine\": \"faster-3.0.0\"")]
    [InlineData("\"keyHash\": \"xxh3-64\"", "\"keyHash\": \"another\"")]
    [InlineData("\"keyFormat\": 1", "\"keyFormat\": 2")]
    public async Task OpenAsync_CheckpointOfAnotherEngine_IsRefusedAndNothingIsChanged(string from, string to)
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        var path = Path.Combine(harness.Folder, "checkpoints", "0000000003", "checkpoint.json");
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, Unsealed(text).Replace(from, to, StringComparison.Ordinal));

        var files = Contents(harness.Folder);
        var error = await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync());
        Assert.Contains("another version of the platform wrote it", error.Message, StringComparison.Ordinal);
        Assert.Equal(files, Contents(harness.Folder));
    }

    [Fact]
    public async Task OpenAsync_DigitRottenInTheNewestManifest_PassesOverItForTheOneBefore()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        var path = Path.Combine(harness.Folder, "checkpoints", "0000000003", "checkpoint.json");
        File.WriteAllText(path, ChangeLastDigit(File.ReadAllText(path)));

        await harness.OpenAsync();

        await AssertAllThereAsync(harness);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task OpenAsync_ViewThatDiffersInTheLastDigit_IsToldApartInTheSentence()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await FillWithThreeCheckpointsAsync(harness);
        await harness.Store.AbandonAsync();
        var path = Path.Combine(harness.Folder, "checkpoints", "0000000003", "checkpoint.json");
        var text = Unsealed(File.ReadAllText(path));
        File.WriteAllText(path, ChangeLastDigit(text));

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync());

        var words = error.Message.Split(' ');
        var fingerprints = words.Where((_, i) => i > 0 && words[i - 1] == "fingerprint").ToList();
        Assert.Equal(2, fingerprints.Distinct().Count());
        Assert.All(fingerprints, f => Assert.Equal(64, f.Length));
    }

    /// <summary>Changes the last digit of the first fingerprint.</summary>
    private static string ChangeLastDigit(string text)
    {
        var end = text.IndexOf('"', text.IndexOf("\"fingerprint\": \"", StringComparison.Ordinal) + "\"fingerprint\": \"".Length) - 1;
        return text[..end] + (text[end] == '0' ? '1' : '0') + text[(end + 1)..];
    }

    [Fact]
    public async Task CheckpointAsync_Manifest_NamesItsViews()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var other = harness.Store.GetViewId("other", 3, new string('b', 64));
        await harness.PushAsync(1, Start, Start, 1);
        await harness.Store.CheckpointAsync(default);

        var views = new OnlineCheckpoints(Path.Combine(harness.Folder, "checkpoints"), DiskSync.Instance).Load(1).Views;
        Assert.Equal((harness.View.Id, harness.View.Name, 1, harness.View.Fingerprint), (views[0].Id, views[0].Name, views[0].Version, views[0].Fingerprint));
        Assert.True(views[0].LastSequence > 0);
        Assert.Equal(new OnlineCheckpointView(other, "other", 3, new string('b', 64), 0, null), views[1]);
    }

    [Fact]
    public async Task SetMarkAsync_Mark_SurvivesKillAndCheckpoints()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        Assert.Null(harness.Store.FindMark(1));
        await harness.Store.SetMarkAsync(1, new MaterializationMark(3, Start));
        await harness.KillAsync();
        Assert.Equal(new MaterializationMark(3, Start), harness.Store.FindMark(1));
        for (var i = 0; i < 3; i++)
        {
            await harness.Store.CheckpointAsync(default);
        }

        await harness.KillAsync();
        Assert.Equal(new MaterializationMark(3, Start), harness.Store.FindMark(1));
    }

    [Fact]
    public async Task CheckpointInterval_Passed_TakesOneInTheBackground()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);

        harness.Clock.Advance(harness.Options.CheckpointInterval);

        var folder = Path.Combine(harness.Folder, "checkpoints", "0000000001", "checkpoint.json");
        for (var i = 0; i < 12_000 && !File.Exists(folder); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(File.Exists(folder));
    }

    [Fact]
    public async Task Rows_MoreThanMemory_SurviveKillAndCompaction()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        harness.Options.CompactionLength = 1 << 20;
        await harness.OpenAsync();
        for (var round = 0; round < 6; round++)
        {
            for (var batch = 0; batch < 10; batch++)
            {
                await harness.PushAsync([.. Enumerable.Range(0, 1000).Select(i => ((long?)((batch * 1000) + i), Start, Start, (float)round))]);
            }

            await harness.Store.FoldAsync(1, default);
            await harness.Store.CheckpointAsync(default);
        }

        await harness.KillAsync();
        for (var id = 0; id < 10_000; id += 37)
        {
            Assert.Equal((FeatureStatus.Present, 5f, Start), await harness.ReadAsync(id));
        }

        Assert.True(harness.Store.Rows.LogLength < 6 * 10_000 * 80);
        Assert.Equal(60_000, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task ReadAsync_WarmBatch_CompletesSynchronouslyAndAllocatesNothing()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync([.. Enumerable.Range(0, 300).Select(i => ((long?)i, Start, Start, (float)i))]);
        var rows = new FeatureRows(harness.Description.Layout, 256);
        EntityValue[] keys = [.. Enumerable.Range(0, 256).Select(i => i % 50 == 7 ? EntityValue.Null : EntityValue.FromInt64(i * 2))];
        var asOf = harness.Now;
        long[] times = [.. Enumerable.Range(0, 256).Select(i => asOf - (i % 3))];
        Assert.True(Run());
        Assert.True(Run());

        var before = GC.GetAllocatedBytesForCurrentThread();
        var completed = true;
        for (var i = 0; i < 20; i++)
        {
            completed &= Run();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(completed);

        bool Run()
        {
            rows.Reset(256);
            var read = harness.Reader.ReadAsync(keys, asOf, rows, 0, rows.RowCount);
            var isCompleted = read.IsCompletedSuccessfully;
            read.GetAwaiter().GetResult();

            // Another time per row, and one row in the middle.
            rows.Reset(256);
            read = harness.Reader.ReadAsync(keys, times, rows, 0, rows.RowCount);
            isCompleted &= read.IsCompletedSuccessfully;
            read.GetAwaiter().GetResult();
            read = harness.Reader.ReadAsync(keys.AsMemory(8, 1), asOf, rows, 8, 1);
            isCompleted &= read.IsCompletedSuccessfully;
            read.GetAwaiter().GetResult();
            return isCompleted;
        }
    }

    private static async Task FillWithThreeCheckpointsAsync(OnlineStoreHarness harness)
    {
        await harness.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            await harness.Store.FoldAsync(1, default);
            await harness.Store.CheckpointAsync(default);
        }

        await harness.PushAsync(3, Start, Start, 3);
    }

    private static async Task AssertAllThereAsync(OnlineStoreHarness harness)
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal((FeatureStatus.Present, (float)i, Start), await harness.ReadAsync(i));
        }

        await harness.Store.FoldAsync(1, default);
        Assert.True(harness.Offline.Rows.Count >= 4);
        Assert.Equal(harness.Offline.Rows.Count, harness.Offline.Rows.Select(row => OnlineRowCodec.ReadVersion(row.Row).Sequence).Distinct().Count());
    }

    private static List<(string, string)> Contents(string folder)
        => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (f, Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))))];

    /// <summary>A document as a version without checksums wrote it.</summary>
    private static string Unsealed(string text) => text[..text.IndexOf(",\n  \"checksum\"", StringComparison.Ordinal)] + "\n}";

    private static void Damage(OnlineStoreHarness harness, string checkpoint, string? file)
    {
        var folder = Path.Combine(harness.Folder, "checkpoints", checkpoint);
        if (file is null)
        {
            File.Delete(Path.Combine(folder, "index.bin"));
            return;
        }

        var path = Path.Combine(folder, file);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 0x55;
        File.WriteAllBytes(path, file == "checkpoint.json" ? bytes[..(bytes.Length / 2)] : bytes);
    }
}
