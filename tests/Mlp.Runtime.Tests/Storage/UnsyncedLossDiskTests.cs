using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Storage;

/// <summary>The fault layer must lose what a power cut may lose, or the tests that rest on it could not fail.</summary>
public sealed class UnsyncedLossDiskTests : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly string _root;
    private int _crashes;

    public UnsyncedLossDiskTests() => _root = Directory.CreateDirectory(_folder.Combine("root")).FullName;

    public void Dispose() => _folder.Dispose();

    [LinuxFact]
    public void Crash_NothingSynced_FindsWhatWasThereBefore()
    {
        Directory.CreateDirectory(At("old"));
        File.WriteAllText(At("old", "kept"), "kept");
        using var disk = new UnsyncedLossDisk(_root);

        File.WriteAllText(At("old", "kept"), "overwritten");
        File.WriteAllText(At("new"), "new");
        Directory.CreateDirectory(At("folder"));

        Assert.Equal(["old/", "old/kept=kept"], Crash(disk));
    }

    [LinuxFact]
    public void Crash_FileSyncedButNotItsDirectory_LosesTheFile()
    {
        using var disk = new UnsyncedLossDisk(_root);
        File.WriteAllText(At("a"), "content");
        disk.SyncFile(At("a"));

        Assert.Empty(Crash(disk));
    }

    [LinuxFact]
    public void Crash_DirectorySyncedButNotTheFile_FindsAnEmptyFile()
    {
        using var disk = new UnsyncedLossDisk(_root);
        File.WriteAllText(At("a"), "content");
        disk.SyncDirectory(_root);

        Assert.Equal(["a="], Crash(disk));
    }

    [LinuxFact]
    public void Crash_ContentAfterTheLastSync_IsLost()
    {
        using var disk = new UnsyncedLossDisk(_root);
        File.WriteAllText(At("a"), "first");
        disk.SyncFile(At("a"));
        disk.SyncDirectory(_root);
        File.AppendAllText(At("a"), " second");

        Assert.Equal(["a=first"], Crash(disk));

        disk.SyncFile(At("a"));
        Assert.Equal(["a=first second"], Crash(disk));
    }

    [LinuxFact]
    public void Crash_ParentNotSynced_LosesTheWholeTree()
    {
        using var disk = new UnsyncedLossDisk(_root);
        Directory.CreateDirectory(At("x", "y"));
        File.WriteAllText(At("x", "y", "a"), "content");
        disk.SyncFile(At("x", "y", "a"));
        disk.SyncDirectory(At("x", "y"));
        disk.SyncDirectory(_root);

        Assert.Equal(["x/"], Crash(disk));

        disk.SyncDirectory(At("x"));
        Assert.Equal(["x/", "x/y/", "x/y/a=content"], Crash(disk));
    }

    [LinuxFact]
    public void Crash_RenameNotSynced_FindsTheOldName()
    {
        using var disk = new UnsyncedLossDisk(_root);
        File.WriteAllText(At("a"), "content");
        disk.SyncFile(At("a"));
        disk.SyncDirectory(_root);
        File.Move(At("a"), At("b"));

        Assert.Equal(["a=content"], Crash(disk));

        disk.SyncDirectory(_root);
        Assert.Equal(["b=content"], Crash(disk));
    }

    [LinuxFact]
    public void Crash_ReplacedWithoutSyncOfTheNewContent_FindsAnEmptyFile()
    {
        using var disk = new UnsyncedLossDisk(_root);
        File.WriteAllText(At("a"), "old");
        disk.SyncFile(At("a"));
        disk.SyncDirectory(_root);
        File.WriteAllText(At("new"), "new");
        File.Move(At("new"), At("a"), overwrite: true);
        disk.SyncDirectory(_root);

        Assert.Equal(["a="], Crash(disk));
    }

    [LinuxFact]
    public void Crash_RemovalNotSynced_IsUndone()
    {
        File.WriteAllText(At("a"), "content");
        using var disk = new UnsyncedLossDisk(_root);
        File.Delete(At("a"));

        Assert.Equal(["a=content"], Crash(disk));

        disk.SyncDirectory(_root);
        Assert.Empty(Crash(disk));
    }

    [LinuxFact]
    public void Crash_InodeNumberUsedAgain_DoesNotFindTheOldContent()
    {
        using var disk = new UnsyncedLossDisk(_root);
        for (var i = 0; i < 50; i++)
        {
            File.WriteAllText(At("a"), "content");
            disk.SyncFile(At("a"));
            File.Delete(At("a"));
        }

        File.WriteAllText(At("b"), "never synced");
        disk.SyncDirectory(_root);

        Assert.Equal(["b="], Crash(disk));
    }

    [LinuxFact]
    public void SyncFile_HandleOpenForWritingAloneAndRenamed_KeepsItsContent()
    {
        using var disk = new UnsyncedLossDisk(_root);
        using (var handle = File.OpenHandle(At("a"), FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(handle, "content"u8, 0);
            File.Move(At("a"), At("b"));
            disk.SyncFile(handle, At("a"));
        }

        disk.SyncDirectory(_root);

        Assert.Equal(["b=content"], Crash(disk));
    }

    [LinuxFact]
    public void Crash_AfterDurableFileOperations_FindsAllThatReturned()
    {
        using var disk = new UnsyncedLossDisk(_root);
        DurableFile.CreateDirectories(disk, At("registry", "models", "tips", "versions"));
        Directory.CreateDirectory(At("registry", "stage", "model"));
        File.WriteAllText(At("registry", "stage", "manifest"), "m1");
        File.WriteAllText(At("registry", "stage", "model", "onnx"), "o1");

        Assert.True(DurableFile.PublishDirectory(disk, At("registry", "stage"), At("registry", "models", "tips", "versions", "1")));
        Assert.True(DurableFile.WriteExclusive(disk, At("registry", "commit-1"), "c1"u8));
        Assert.False(DurableFile.WriteExclusive(disk, At("registry", "commit-1"), "c2"u8));
        DurableFile.Replace(disk, At("registry", "champion"), "v1"u8);
        DurableFile.Replace(disk, At("registry", "champion"), "v2"u8);
        File.WriteAllText(At("registry", "staged.parquet"), "rows");
        Assert.True(DurableFile.PublishFile(disk, At("registry", "staged.parquet"), At("registry", "data.parquet")));
        Assert.True(DurableFile.WriteExclusive(disk, At("registry", "gone"), "x"u8));
        DurableFile.Delete(disk, At("registry", "gone"));

        Assert.Equal(
            [
                "registry/",
                "registry/champion=v2",
                "registry/commit-1=c1",
                "registry/data.parquet=rows",
                "registry/models/",
                "registry/models/tips/",
                "registry/models/tips/versions/",
                "registry/models/tips/versions/1/",
                "registry/models/tips/versions/1/manifest=m1",
                "registry/models/tips/versions/1/model/",
                "registry/models/tips/versions/1/model/onnx=o1",
            ],
            Crash(disk));
    }

    private string At(params string[] parts) => Path.Combine([_root, .. parts]);

    /// <summary>The surviving tree: folders end in a slash, files are "path=content".</summary>
    private string[] Crash(UnsyncedLossDisk disk)
    {
        var found = disk.Crash(_folder.Combine($"crash-{_crashes++}"));
        return
        [
            .. Directory.EnumerateFileSystemEntries(found, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(found, path) + (Directory.Exists(path) ? "/" : $"={File.ReadAllText(path)}"))
                .Order(StringComparer.Ordinal),
        ];
    }
}
