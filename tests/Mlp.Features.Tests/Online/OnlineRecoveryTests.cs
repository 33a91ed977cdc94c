using System.Security.Cryptography;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests.Online;

public abstract class OnlineRecoveryTests(long hotTierSize)
{
    public sealed class WithHotTier() : OnlineRecoveryTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : OnlineRecoveryTests(0);

    private const long Start = OnlineTestViews.Start;

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

    [Fact]
    public async Task OpenAsync_FrameWithAFlagThatIsNotKnown_IsASentence()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        await harness.Store.AbandonAsync();
        var path = Path.Combine(harness.Folder, "wal", "0000000002.mlplog");
        using (var segment = new WriteAheadFiles(Path.GetDirectoryName(path)!, DiskSync.Instance).Create(2).Writer)
        {
            segment.Append(WriteAheadFrame.CreateMark(harness.View.Id, new MaterializationMark(1, Start)));
            var flagged = WriteAheadFrame.CreateMark(harness.View.Id, new MaterializationMark(2, Start));
            flagged[2] = 1;
            segment.Append(flagged);
        }

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => harness.OpenAsync());

        Assert.Equal($"Expected a frame of rows, a mark or a deletion in '{path}', but found another kind, or one with a flag that is not known.", error.Message);
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
