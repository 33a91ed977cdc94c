using System.Runtime.InteropServices;

namespace Mlp.Features.Interop;

/// <summary>
/// The memory of a hot tier, outside the garbage collector's heap: the system gives it page by page when it is first written. It is freed by <see cref="Dispose"/>, else when nobody can reach it any more, so that
/// who still reads never reads memory of somebody else.
/// </summary>
internal sealed unsafe partial class HotTierMemory : IDisposable
{
    private const nuint Alignment = 1 << 12;
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private void* _start;

    /// <summary>Reserves memory.</summary>
    /// <param name="length">Bytes.</param>
    /// <exception cref="OutOfMemoryException">The system has not so much.</exception>
    internal HotTierMemory(long length)
    {
        Length = length;

        // Rows lie anywhere, and one entry of the processor's page table per row costs as much as the row.
        var isHuge = (nuint)length >= 2 * HugePage;
        _start = NativeMemory.AlignedAlloc((nuint)length, isHuge ? HugePage : Alignment);
        if (!isHuge)
        {
            // A small piece may be one that was freed before, with what lay in it: rows of a store that is closed, which a deletion here would not find.
            NativeMemory.Clear(_start, (nuint)length);
        }
        else if (OperatingSystem.IsLinux())
        {
            // It is advice: a system that does not take it is only slower.
            _ = Advise(_start, (nuint)length, AdviseHugePages);
        }
    }

    ~HotTierMemory() => Free();

    /// <summary>Bytes.</summary>
    internal long Length { get; }

    /// <summary>All of it, up to 2 GiB, to look at: nobody changes it meanwhile.</summary>
    internal ReadOnlySpan<byte> Bytes => new(_start, (int)Math.Min(Length, int.MaxValue));

    /// <summary>The first byte, at the start of a page.</summary>
    internal byte* Start => (byte*)_start;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
