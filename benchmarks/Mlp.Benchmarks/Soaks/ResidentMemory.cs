namespace Mlp.Benchmarks.Soaks;

/// <summary>What the resident anonymous memory is, from <c>/proc/self/smaps</c>. Linux with glibc only.</summary>
/// <param name="MallocBytes">In the C library's first arena and in the others, which are known by where they begin: at a multiple of 64 MiB.</param>
/// <param name="CollectorBytes">In ranges that .NET has reserved: objects, and the collector's tables.</param>
/// <param name="StackBytes">Stacks of threads.</param>
/// <param name="FileBytes">Pages of files, libraries above all, that this process has changed.</param>
/// <param name="OtherBytes">The rest: what the runtime knows of types and methods, and blocks of the C library so large that each has a mapping of its own.</param>
/// <param name="MappingCount">Number of mappings.</param>
internal sealed record ResidentMemory(long MallocBytes, long CollectorBytes, long StackBytes, long FileBytes, long OtherBytes, int MappingCount)
{
    private const long ArenaBytes = 64 << 20;

    /// <summary>Reads.</summary>
    public static ResidentMemory Read()
    {
        var (malloc, collector, stacks, files, other, isArena) = (0L, 0L, 0L, 0L, 0L, false);
        var mappings = Mapping.ReadAll();
        for (var i = 0; i < mappings.Count; i++)
        {
            var (mapping, isCollector) = (mappings[i], IsBelowReserve(mappings, i));

            // Trimming may leave an arena in several mappings, all within its 64 MiB.
            isArena = mapping.Path.Length == 0 && !isCollector
                && (mapping.From % ArenaBytes == 0 || (isArena && mapping.From == mappings[i - 1].To && mapping.From / ArenaBytes == (mapping.To - 1) / ArenaBytes));
            _ = mapping switch
            {
                { Path: "[heap]" } => malloc += mapping.AnonymousBytes,
                { Path: "[stack]" } => stacks += mapping.AnonymousBytes,
                { Path.Length: > 0 } => files += mapping.AnonymousBytes,
                _ when isArena => malloc += mapping.AnonymousBytes,
                { IsStack: true } => stacks += mapping.AnonymousBytes,
                _ when isCollector => collector += mapping.AnonymousBytes,
                _ => other += mapping.AnonymousBytes,
            };
        }

        return new ResidentMemory(malloc, collector, stacks, files, other, mappings.Count);
    }

    /// <summary>Whether the range goes on with addresses that are only reserved.</summary>
    private static bool IsBelowReserve(List<Mapping> mappings, int index)
        => mappings[index] is { IsAccessible: true, Path.Length: 0 }
        && index + 1 < mappings.Count && mappings[index + 1] is { IsAccessible: false, IsReserve: true, Path.Length: 0 } next && next.From == mappings[index].To;
}
