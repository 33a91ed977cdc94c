using System.Globalization;

namespace Mlp.Benchmarks.Soaks;

/// <summary>What of the resident anonymous memory is the C library's heap, from <c>/proc/self/smaps</c>. Linux with glibc only.</summary>
/// <param name="MallocBytes">Bytes in the C library's first arena and in the others, which are known by where they begin: at a multiple of 64 MiB.</param>
/// <param name="MappingCount">Number of mappings.</param>
internal sealed record ResidentMemory(long MallocBytes, int MappingCount)
{
    private const long ArenaBytes = 64 << 20;

    /// <summary>Reads.</summary>
    public static ResidentMemory Read()
    {
        var (malloc, count, end, isArena, isMalloc) = (0L, 0, 0L, false, false);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (char.IsAsciiHexDigitLower(line[0]) || char.IsAsciiDigit(line[0]))
            {
                var (from, to, path) = Parse(line);

                // Trimming may leave an arena in several mappings, all within its 64 MiB.
                isArena = path.Length == 0 && (from % ArenaBytes == 0 || (isArena && from == end && from / ArenaBytes == (to - 1) / ArenaBytes));
                isMalloc = isArena || path == "[heap]";
                end = to;
                count++;
            }
            else if (isMalloc && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                malloc += 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
        }

        return new ResidentMemory(malloc, count);
    }

    private static (long From, long To, string Path) Parse(string line)
    {
        var parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        var range = parts[0].Split('-');
        return (long.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture), parts.Length > 5 ? parts[5].Trim() : string.Empty);
    }
}
