using Mlp.Runtime.Interop;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Storage;

public sealed class DurableFileTests : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly RecordingDiskSync _disk = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WriteExclusive_NewName_WritesContentThenFlushesFileBeforeDirectory()
    {
        var path = _folder.Combine("manifest.json");

        Assert.True(DurableFile.WriteExclusive(_disk, path, "content"u8));

        Assert.Equal("content"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Equal(["file .tmp", $"directory {Path.GetFileName(_folder.FullName)}"], _disk.Calls);
        Assert.Equal(["manifest.json"], Names(_folder.FullName));
    }

    [Fact]
    public void WriteExclusive_ExistingName_ReturnsFalseAndKeepsTheContent()
    {
        var path = _folder.Combine("manifest.json");
        File.WriteAllText(path, "first");

        Assert.False(DurableFile.WriteExclusive(_disk, path, "second"u8));

        Assert.Equal("first", File.ReadAllText(path));
        Assert.Equal(["manifest.json"], Names(_folder.FullName));
    }

    [Fact]
    public async Task WriteExclusive_RacingWriters_ExactlyOneWinsAndNobodyReadsAPart()
    {
        const int Writers = 4;
        for (var round = 0; round < 20 * TestRounds.Count; round++)
        {
            var path = _folder.Combine($"commit-{round}.json");
            using var start = new Barrier(Writers);
            var winners = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
            {
                var content = new byte[5000];
                Array.Fill(content, (byte)writer);
                start.SignalAndWait();
                var won = DurableFile.WriteExclusive(_disk, path, content);
                var seen = File.ReadAllBytes(path);
                Assert.Equal(content.Length, seen.Length);
                Assert.All(seen, b => Assert.Equal(seen[0], b));
                return won ? writer : -1;
            })));

            var winner = Assert.Single(winners, w => w >= 0);
            Assert.Equal((byte)winner, File.ReadAllBytes(path)[0]);
        }

        Assert.DoesNotContain(Names(_folder.FullName), DurableFile.IsTemporary);
    }

    [Fact]
    public void WriteExclusive_FileFlushFails_LeavesNothingBehind()
    {
        _disk.OnSync = (kind, _) => throw new IOException($"The {kind} could not be flushed.");

        Assert.Throws<IOException>(() => DurableFile.WriteExclusive(_disk, _folder.Combine("manifest.json"), "content"u8));

        Assert.Empty(Names(_folder.FullName));
    }

    [Fact]
    public void Replace_ExistingFile_SwapsContentAndFlushesFileBeforeDirectory()
    {
        var path = _folder.Combine("champion");
        File.WriteAllText(path, "version 1");

        DurableFile.Replace(_disk, path, "version 2"u8);

        Assert.Equal("version 2", File.ReadAllText(path));
        Assert.Equal(["file .tmp", $"directory {Path.GetFileName(_folder.FullName)}"], _disk.Calls);
        Assert.Equal(["champion"], Names(_folder.FullName));
    }

    [Fact]
    public void Replace_FileFlushFails_KeepsTheOldContent()
    {
        var path = _folder.Combine("champion");
        File.WriteAllText(path, "version 1");
        _disk.OnSync = (_, _) => throw new IOException("The device failed.");

        Assert.Throws<IOException>(() => DurableFile.Replace(_disk, path, "version 2"u8));

        Assert.Equal("version 1", File.ReadAllText(path));
        Assert.Equal(["champion"], Names(_folder.FullName));
    }

    [Fact]
    public void Replace_TargetIsADirectory_ThrowsAndLeavesNoTemporary()
    {
        Directory.CreateDirectory(_folder.Combine("champion"));

        Assert.ThrowsAny<Exception>(() => DurableFile.Replace(_disk, _folder.Combine("champion"), "x"u8));

        Assert.Equal(["champion"], Names(_folder.FullName));
    }

    [Fact]
    public void PublishFile_TakenName_ReturnsFalseAndKeepsTheStagedFile()
    {
        var staged = _folder.Combine("staged.parquet");
        File.WriteAllText(staged, "new");
        File.WriteAllText(_folder.Combine("final.parquet"), "old");

        Assert.False(DurableFile.PublishFile(_disk, staged, _folder.Combine("final.parquet")));
        Assert.Equal("new", File.ReadAllText(staged));

        Assert.True(DurableFile.PublishFile(_disk, staged, _folder.Combine("other.parquet")));
        Assert.Equal(["final.parquet", "other.parquet"], Names(_folder.FullName));
    }

    [Fact]
    public void PublishDirectory_NestedContent_FlushesEverythingBeforeTheRename()
    {
        var staged = _folder.Combine("staging");
        Directory.CreateDirectory(Path.Combine(staged, "model"));
        Directory.CreateDirectory(_folder.Combine("versions"));
        File.WriteAllText(Path.Combine(staged, "manifest.json"), "{}");
        File.WriteAllText(Path.Combine(staged, "model", "model.onnx"), "onnx");
        var final = _folder.Combine("versions", "1");
        _disk.OnSync = (_, path) => Assert.Equal(path.EndsWith("versions", StringComparison.Ordinal) || path == _folder.FullName, Directory.Exists(final));

        Assert.True(DurableFile.PublishDirectory(_disk, staged, final));

        Assert.Equal(
            ["file manifest.json", "file model.onnx", "directory model", "directory staging", "directory versions", $"directory {Path.GetFileName(_folder.FullName)}"],
            _disk.Calls);
        Assert.Equal("onnx", File.ReadAllText(Path.Combine(final, "model", "model.onnx")));
        Assert.False(Directory.Exists(staged));
    }

    [Fact]
    public async Task PublishDirectory_RacingPublishers_ExactlyOneWins()
    {
        const int Writers = 4;
        for (var round = 0; round < 10 * TestRounds.Count; round++)
        {
            var final = _folder.Combine($"version-{round}");
            using var start = new Barrier(Writers);
            var winners = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
            {
                var staged = _folder.Combine($"staged-{round}-{writer}");
                Directory.CreateDirectory(staged);
                File.WriteAllText(Path.Combine(staged, "manifest.json"), $"writer {writer}");
                start.SignalAndWait();
                return DurableFile.PublishDirectory(_disk, staged, final) ? writer : -1;
            })));

            var winner = Assert.Single(winners, w => w >= 0);
            Assert.Equal($"writer {winner}", File.ReadAllText(Path.Combine(final, "manifest.json")));
        }
    }

    [Fact]
    public void PublishDirectory_EmptyDirectory_IsRefused()
    {
        var staged = Directory.CreateDirectory(_folder.Combine("staged")).FullName;

        Assert.Throws<ArgumentException>(() => DurableFile.PublishDirectory(_disk, staged, _folder.Combine("final")));
    }

    [Fact]
    public void PublishDirectory_MissingStagedDirectory_Throws() =>
        Assert.Throws<DirectoryNotFoundException>(() => DurableFile.PublishDirectory(_disk, _folder.Combine("absent"), _folder.Combine("final")));

    [Fact]
    public void CreateDirectories_MissingLevels_FlushesTheParentOfEachFromTheTop()
    {
        DurableFile.CreateDirectories(_disk, _folder.Combine("a", "b", "c"));

        Assert.True(Directory.Exists(_folder.Combine("a", "b", "c")));
        Assert.Equal(
            [
                $"directory {Path.GetFileName(Path.GetDirectoryName(_folder.FullName))}",
                $"directory {Path.GetFileName(_folder.FullName)}",
                "directory a",
                "directory b",
            ],
            _disk.Calls);
    }

    [Fact]
    public void CreateDirectories_FileInTheWay_Throws()
    {
        File.WriteAllText(_folder.Combine("a"), "a file");

        Assert.ThrowsAny<IOException>(() => DurableFile.CreateDirectories(_disk, _folder.Combine("a", "b")));
    }

    [Fact]
    public void Delete_ExistingAndMissingFile_FlushesTheDirectory()
    {
        File.WriteAllText(_folder.Combine("label"), "1");

        DurableFile.Delete(_disk, _folder.Combine("label"));
        DurableFile.Delete(_disk, _folder.Combine("label"));

        Assert.Empty(Names(_folder.FullName));
        Assert.Equal(2, _disk.Calls.Count);
    }

    [Fact]
    public void DiskSync_RealFilesAndDirectories_FlushesThem()
    {
        var path = _folder.Combine("real");
        File.WriteAllText(path, "content");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead);
        }

        DiskSync.Instance.SyncFile(path);
        DiskSync.Instance.SyncDirectory(_folder.FullName);
        Assert.True(DurableFile.WriteExclusive(DiskSync.Instance, _folder.Combine("exclusive"), "content"u8));
        DurableFile.Replace(DiskSync.Instance, _folder.Combine("replaced"), "content"u8);
        DurableFile.CreateDirectories(DiskSync.Instance, _folder.Combine("x", "y"));

        Assert.Equal(["exclusive", "real", "replaced", "x"], Names(_folder.FullName));
    }

    [Fact]
    public void DiskSync_MissingDirectory_ThrowsASentenceThatNamesIt()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var error = Assert.Throws<DirectoryNotFoundException>(() => DiskSync.Instance.SyncDirectory(_folder.Combine("absent")));

        Assert.Contains(_folder.Combine("absent"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnixFiles_RenameExclusive_RefusesATakenName()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        File.WriteAllText(_folder.Combine("a"), "a");
        File.WriteAllText(_folder.Combine("b"), "b");

        Assert.False(UnixFiles.TryRenameExclusive(_folder.Combine("a"), _folder.Combine("b")));
        Assert.True(UnixFiles.TryRenameExclusive(_folder.Combine("a"), _folder.Combine("c")));
        Assert.Equal(["b", "c"], Names(_folder.FullName));
    }

    private static string[] Names(string directory) =>
        [.. Directory.EnumerateFileSystemEntries(directory).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
}
