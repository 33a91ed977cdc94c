using System.Buffers.Binary;
using System.Globalization;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>
/// DuckDB reads a Parquet column of UTC nanoseconds (what pandas writes for <c>datetime64[ns, UTC]</c>) as microseconds and cuts the rest, so that a value would be seen
/// up to a microsecond before it happened. The same column without the mark "is adjusted to UTC" it reads whole. So such a file is read from a copy whose footer lacks the mark;
/// the values stand for UTC either way.
/// </summary>
internal static class ParquetNanoseconds
{
    /// <summary>LogicalType { 8: TimestampType { 1: isAdjustedToUTC = true, 2: TimeUnit { 3: NanoSeconds {} } } } in Thrift's compact protocol.</summary>
    private static ReadOnlySpan<byte> Marked => [0x8C, 0x11, 0x1C, 0x3C, 0x00];

    /// <summary>The path to read the file from: its own, or that of a copy in a folder of the caller.</summary>
    internal static string Prepare(DuckDbSession session, string path, string folder)
    {
        var count = CountMarked(session, path);
        if (count == 0)
        {
            return path;
        }

        Directory.CreateDirectory(folder);
        var copy = Path.Combine(folder, "unmarked.parquet");
        File.Copy(path, copy);
        if (Unmark(copy) != count || CountMarked(session, copy) != 0)
        {
            throw new IngestException(
                path, $"Expected times in '{path}' in microseconds or in a form that can be read whole, but found UTC nanoseconds in a footer of unknown form. Write the file with microseconds.");
        }

        return copy;
    }

    private static long CountMarked(DuckDbSession session, string path)
        => Convert.ToInt64(
            session.Query($"SELECT count(*) FROM parquet_schema({Sql.File(path)}) WHERE logical_type::VARCHAR LIKE 'TimestampType(isAdjustedToUTC=1%NANOS=NanoSeconds%'")[0][0],
            CultureInfo.InvariantCulture);

    private static int Unmark(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var length = RandomAccess.GetLength(file);
        Span<byte> tail = stackalloc byte[8];
        RandomAccess.Read(file, tail, length - tail.Length);
        var footer = new byte[BinaryPrimitives.ReadInt32LittleEndian(tail)];
        var start = length - tail.Length - footer.Length;
        RandomAccess.Read(file, footer, start);
        var found = 0;
        for (var at = 0; footer.AsSpan(at).IndexOf(Marked) is var next && next >= 0; at += next + Marked.Length)
        {
            footer[at + next + 1] = 0x12;
            found++;
        }

        RandomAccess.Write(file, footer, start);
        return found;
    }
}
