using System.Buffers.Text;
using System.Text;

namespace Mlp.Benchmarks.Soaks;

/// <summary>A mapping of this process. Linux only.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where the next may begin.</param>
/// <param name="IsAccessible">Whether it can be read or written; if not, it keeps addresses free, or guards a stack.</param>
/// <param name="Path">What it shows: a file, or what the kernel calls it; empty for none.</param>
/// <param name="AnonymousBytes">Resident bytes that are this process' own.</param>
/// <param name="IsReserve">Whether it is left out of core dumps: .NET says so of addresses that it has reserved and not yet used.</param>
/// <param name="IsStack">Whether it must not be of huge pages: .NET says so of the stacks of threads.</param>
internal readonly record struct Mapping(long From, long To, bool IsAccessible, string Path, long AnonymousBytes, bool IsReserve, bool IsStack)
{
    private const int LongestLine = 1 << 13;

    /// <summary>All mappings, in order. It allocates little but the list, so that what it reads is not its own.</summary>
    public static List<Mapping> ReadAll()
    {
        using var file = new FileStream("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var (mappings, buffer, length) = (new List<Mapping>(capacity: 1 << 10), new byte[LongestLine], 0);
        for (int read; (read = file.Read(buffer, length, buffer.Length - length)) > 0;)
        {
            length += read;
            var rest = buffer.AsSpan(0, length);
            for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
            {
                Take(mappings, rest[..end]);
            }

            rest.CopyTo(buffer);
            length = rest.Length;
        }

        return mappings;
    }

    private static void Take(List<Mapping> mappings, ReadOnlySpan<byte> line)
    {
        if (char.IsAsciiHexDigitLower((char)line[0]))
        {
            mappings.Add(Begin(line));
        }
        else if (line.StartsWith("Anonymous:"u8))
        {
            _ = Utf8Parser.TryParse(line["Anonymous:"u8.Length..].TrimStart((byte)' '), out long kibibytes, out _);
            mappings[^1] = mappings[^1] with { AnonymousBytes = kibibytes * 1024 };
        }
        else if (line.StartsWith("VmFlags:"u8))
        {
            mappings[^1] = mappings[^1] with { IsReserve = line.IndexOf(" dd"u8) > 0, IsStack = line.IndexOf(" nh"u8) > 0 };
        }
    }

    /// <summary><c>from-to permissions offset device inode path</c>.</summary>
    private static Mapping Begin(ReadOnlySpan<byte> line)
    {
        _ = Utf8Parser.TryParse(line, out long from, out var length, 'x');
        line = line[(length + 1)..];
        _ = Utf8Parser.TryParse(line, out long to, out length, 'x');
        line = line[(length + 1)..];
        var isAccessible = !line.StartsWith("---"u8);
        for (var field = 0; field < 4; field++)
        {
            line = line[(line.IndexOf((byte)' ') + 1)..];
        }

        return new Mapping(from, to, isAccessible, Encoding.UTF8.GetString(line.Trim((byte)' ')), AnonymousBytes: 0, IsReserve: false, IsStack: false);
    }
}
