using System.Globalization;
using Mlp.Benchmarks.Interop;

namespace Mlp.Benchmarks.Soaks;

/// <summary>The memory of this process after a full collection, and who has it. Linux with glibc only.</summary>
/// <param name="AnonymousBytes">What the system counts as this process' own (<c>RssAnon</c>), after <c>malloc_trim</c>.</param>
/// <param name="UntrimmedBytes">The same before it.</param>
/// <param name="ManagedBytes">Objects that live.</param>
/// <param name="CommittedBytes">What the collector holds for them.</param>
/// <param name="Native">The heap of the C library.</param>
/// <param name="Resident">Resident anonymous memory by what it is.</param>
/// <param name="ThreadCount">Threads.</param>
/// <param name="FileCount">Open files.</param>
internal sealed record MemoryReading(
    long AnonymousBytes, long UntrimmedBytes, long ManagedBytes, long CommittedBytes, NativeHeap Native, ResidentMemory Resident, int ThreadCount, int FileCount)
{
    /// <summary>Bytes that have been freed and stay resident, because the pages that they lie in hold something else too.</summary>
    public long HoleBytes => Resident.MallocBytes - Native.InUseBytes;

    /// <summary>
    /// All of <see cref="AnonymousBytes"/> but what the two allocators keep in reserve, <see cref="HoleBytes"/> and what the collector holds beyond its objects. It grows with every leak: of native blocks, objects,
    /// mappings, compiled code, threads.
    /// </summary>
    public long HeldBytes => AnonymousBytes - HoleBytes - (CommittedBytes - ManagedBytes);

    /// <summary>Collects, trims and reads.</summary>
    public static MemoryReading Take()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var untrimmed = Status("RssAnon:") * 1024;
        NativeHeap.Trim();
        var anonymous = Status("RssAnon:") * 1024;
        var native = NativeHeap.Read();
        return new MemoryReading(
            anonymous,
            untrimmed,
            GC.GetTotalMemory(forceFullCollection: false),
            GC.GetGCMemoryInfo().TotalCommittedBytes,
            native,
            ResidentMemory.Read(),
            (int)Status("Threads:"),
            Directory.GetFiles("/proc/self/fd").Length);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"RssAnon {AnonymousBytes / 1024.0:N0} KiB after malloc_trim ({UntrimmedBytes / 1024.0:N0} before): held {HeldBytes / 1024.0:N0} (native {Native.InUseBytes / 1024.0:N0} + {Native.MappedBytes / 1024.0:N0} mapped, managed {ManagedBytes / 1024.0:N0}), holes {HoleBytes / 1024.0:N0} in {Native.ArenaCount} arenas, collector's reserve {(CommittedBytes - ManagedBytes) / 1024.0:N0}; {ThreadCount} threads, {FileCount} files, {Resident.MappingCount} mappings");

    private static long Status(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }
}
