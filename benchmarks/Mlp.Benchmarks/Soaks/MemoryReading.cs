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
/// <param name="SharedBytes">Resident memory that could be shared (<c>RssShmem</c>): in .NET, compiled code and what the runtime keeps beside it. No part of the anonymous memory.</param>
/// <param name="ThreadCount">Threads.</param>
/// <param name="FileCount">Open files.</param>
internal sealed record MemoryReading(
    long AnonymousBytes, long UntrimmedBytes, long ManagedBytes, long CommittedBytes, NativeHeap Native, ResidentMemory Resident, long SharedBytes, int ThreadCount, int FileCount)
{
    /// <summary>
    /// Resident bytes of the C library's arenas beyond those in use: freed, and kept because the pages that they lie in hold something else too. Below zero where blocks are in use that nobody has touched yet.
    /// </summary>
    public long HoleBytes => Resident.MallocBytes - Native.InUseBytes;

    /// <summary>
    /// What is in use: blocks of the C library, objects, and whatever else is resident, which is all of <see cref="AnonymousBytes"/> but what the two allocators keep in reserve (<see cref="HoleBytes"/>, and what the
    /// collector holds beyond its objects). It grows with every leak: of native blocks, objects, mappings, compiled code, threads.
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
            Status("RssShmem:") * 1024,
            (int)Status("Threads:"),
            Directory.GetFiles("/proc/self/fd").Length);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"RssAnon {AnonymousBytes / 1024.0:N0} KiB after malloc_trim ({UntrimmedBytes / 1024.0:N0} before): held {HeldBytes / 1024.0:N0} (native {Native.InUseBytes / 1024.0:N0} + {Native.MappedBytes / 1024.0:N0} mapped, managed {ManagedBytes / 1024.0:N0}), holes {HoleBytes / 1024.0:N0} in {Native.ArenaCount} arenas, collector's reserve {(CommittedBytes - ManagedBytes) / 1024.0:N0}; C library {Resident.MallocBytes / 1024.0:N0}, collector {Resident.CollectorBytes / 1024.0:N0}, stacks {Resident.StackBytes / 1024.0:N0}, files {Resident.FileBytes / 1024.0:N0}, other {Resident.OtherBytes / 1024.0:N0}; shared {SharedBytes / 1024.0:N0}; {ThreadCount} threads, {FileCount} files, {Resident.MappingCount} mappings");

    private static long Status(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }
}
