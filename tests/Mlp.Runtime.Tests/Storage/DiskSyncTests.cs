using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Storage;

/// <summary>That the real layer flushes: the kernel is asked how much of a file it still has to write. Everywhere else tests replace the layer.</summary>
public sealed partial class DiskSyncTests
{
    private const int ByteCount = 1 << 20;

    [PageCacheFact]
    public void SyncFile_Handle_LeavesNothingToWrite()
    {
        using var temp = new TempDirectory();
        using var handle = File.OpenHandle(temp.Combine("rows"), FileMode.CreateNew, FileAccess.ReadWrite);
        WriteUntilPending(handle);

        DiskSync.Instance.SyncFile(handle, temp.Combine("rows"));

        Assert.Equal(0, PageCache.UnwrittenPages(handle));
    }

    [PageCacheFact]
    public void SyncFile_Path_LeavesNothingToWrite()
    {
        using var temp = new TempDirectory();
        using var handle = File.OpenHandle(temp.Combine("rows"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        WriteUntilPending(handle);

        DiskSync.Instance.SyncFile(temp.Combine("rows"));

        Assert.Equal(0, PageCache.UnwrittenPages(handle));
    }

    /// <summary>On a busy machine the kernel may have written everything before it is asked.</summary>
    private static void WriteUntilPending(SafeFileHandle handle)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            RandomAccess.Write(handle, new byte[ByteCount], 0);
            if (PageCache.UnwrittenPages(handle) > 0)
            {
                return;
            }
        }

        Assert.Fail("Expected pages that are still to be written after a write, but found none.");
    }

    /// <summary>Skips where the kernel cannot be asked (Linux before 6.5), or where the temporary folder is in memory and so never written.</summary>
    private sealed class PageCacheFactAttribute : FactAttribute
    {
        public PageCacheFactAttribute() => Skip = PageCache.IsObservable() ? null : "The kernel does not say which pages of a file are still to be written (cachestat, Linux 6.5, on a disk).";
    }

    private static partial class PageCache
    {
        private const long CacheStatistics = 451;

        public static bool IsObservable()
        {
            if (!OperatingSystem.IsLinux())
            {
                return false;
            }

            using var temp = new TempDirectory();
            using var handle = File.OpenHandle(temp.Combine("probe"), FileMode.CreateNew, FileAccess.ReadWrite);
            RandomAccess.Write(handle, new byte[ByteCount], 0);
            return UnwrittenPages(handle) > 0;
        }

        /// <summary>Pages that are dirty or on their way to the device; -1 where the kernel does not say.</summary>
        public static unsafe long UnwrittenPages(SafeFileHandle handle)
        {
            var range = stackalloc ulong[2];
            var counts = stackalloc ulong[5];
            range[0] = 0;
            range[1] = 0; // To the end of the file.
            return SystemCall(CacheStatistics, handle, range, counts, 0) == 0 ? (long)(counts[1] + counts[2]) : -1;
        }

        [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
        private static unsafe partial long SystemCall(long number, SafeFileHandle file, ulong* range, ulong* counts, uint flags);
    }
}
