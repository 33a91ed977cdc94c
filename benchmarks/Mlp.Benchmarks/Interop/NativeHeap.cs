using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace Mlp.Benchmarks.Interop;

/// <summary>The C library's heap. Linux with glibc 2.33 or later only.</summary>
/// <param name="InUseBytes">Bytes that somebody has allocated and not freed, in all arenas; what threads keep in their caches counts as such.</param>
/// <param name="MappedBytes">Bytes of blocks so large that each has a mapping of its own.</param>
/// <param name="ArenaCount">Number of arenas.</param>
internal sealed partial record NativeHeap(long InUseBytes, long MappedBytes, int ArenaCount)
{
    /// <summary>Gives free memory of all arenas back to the system.</summary>
    public static void Trim() => _ = Trim(0);

    /// <summary>Reads all arenas.</summary>
    public static NativeHeap Read()
    {
        var sum = ReadSum();
        return new NativeHeap((long)sum.UsedOrdinary, (long)sum.MappedBytes, Describe().Elements("heap").Count());
    }

    private static XElement Describe()
    {
        var stream = OpenMemoryStream(out var text, out var length);
        try
        {
            _ = WriteInfo(0, stream);
        }
        finally
        {
            _ = Close(stream);
        }

        try
        {
            return XElement.Parse(Marshal.PtrToStringUTF8(text, (int)length));
        }
        finally
        {
            Free(text);
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint padding);

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial Sum ReadSum();

    [LibraryImport("libc", EntryPoint = "malloc_info")]
    private static partial int WriteInfo(int options, nint stream);

    [LibraryImport("libc", EntryPoint = "open_memstream")]
    private static partial nint OpenMemoryStream(out nint text, out nuint length);

    [LibraryImport("libc", EntryPoint = "fclose")]
    private static partial int Close(nint stream);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);

    /// <summary><c>struct mallinfo2</c> of malloc.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Sum
    {
        public readonly nuint Arena;
        public readonly nuint FreeChunkCount;
        public readonly nuint FastFreeChunkCount;
        public readonly nuint MappedCount;
        public readonly nuint MappedBytes;
        public readonly nuint Unused;
        public readonly nuint FastFreeBytes;
        public readonly nuint UsedOrdinary;
        public readonly nuint FreeOrdinary;
        public readonly nuint TrimmableBytes;
    }
}
