using System.Buffers.Binary;
using System.Collections.Immutable;
using Mlp.Runtime.Statistics.Sketches;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>Writes profiles as bytes and reads them: magic, format version, counts, columns, and a CRC-32C of all that stands before it.</summary>
internal static class DataProfileSerializer
{
    private const int MaximumColumnCount = 1_000_000;

    /// <summary>Writes a profile (format version 1).</summary>
    /// <param name="profile">The profile.</param>
    internal static byte[] Write(DataProfile profile)
    {
        var writer = new SketchWriter();
        writer.WriteHeader(SketchFormat.DataProfile);
        WriteTally(writer, profile.Rows);
        writer.WriteWeight(profile.SquaredWeight);
        WriteTime(writer, profile.FromMicroseconds);
        WriteTime(writer, profile.ToMicroseconds);
        writer.WriteVarint((ulong)profile.Columns.Length);
        foreach (var column in profile.Columns)
        {
            WriteColumn(writer, column.Sketch);
        }

        writer.WriteByte(profile.Score is null ? (byte)0 : (byte)1);
        if (profile.Score is { } score)
        {
            WriteColumn(writer, score.Sketch);
        }

        var bytes = new byte[writer.Bytes.Length + sizeof(uint)];
        writer.Bytes.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(writer.Bytes.Length), Crc32C.Compute(writer.Bytes));
        return bytes;
    }

    /// <summary>Reads a profile. Its sketches stay where they are until somebody needs them.</summary>
    /// <param name="stored">A profile, which nobody changes.</param>
    /// <exception cref="InvalidDataException">It is no data profile, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static DataProfile Read(ReadOnlyMemory<byte> stored)
    {
        var bytes = stored.Span;

        // The version first: a newer profile need not have its checksum where ours has it.
        new SketchReader(bytes).ReadHeader(SketchFormat.DataProfile);
        SketchReader.Require(
            bytes.Length > sizeof(uint) && Crc32C.Compute(bytes[..^sizeof(uint)]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]),
            "a data profile has the checksum that it says");
        stored = stored[..^sizeof(uint)];
        var reader = new SketchReader(stored.Span);
        reader.ReadHeader(SketchFormat.DataProfile);
        var rows = ReadTally(ref reader);
        var squaredWeight = reader.ReadWeight();
        var from = ReadTime(ref reader);
        var to = ReadTime(ref reader);
        var columns = ImmutableArray.CreateBuilder<ColumnProfile>();
        for (var count = reader.ReadCount(MaximumColumnCount); count > 0; count--)
        {
            columns.Add(new(ReadColumn(ref reader, stored)));
        }

        var score = reader.ReadByte() == 1 ? new ColumnProfile(ReadColumn(ref reader, stored)) : null;
        SketchReader.Require(reader.IsAtEnd, "nothing follows a data profile");
        try
        {
            return new(rows, squaredWeight, from, to, columns.ToImmutable(), score);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The data profile contradicts itself. {e.Message}", e);
        }
    }

    /// <summary>Writes a column (format version 1).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="column">The column.</param>
    internal static void WriteColumn(SketchWriter writer, ColumnSketch column)
    {
        writer.WriteHeader(SketchFormat.Column);
        writer.WriteText(column.Name);
        writer.WriteByte((byte)column.Type);
        writer.WriteByte((byte)((column.HasValues ? 1 : 0) | (column.Ranks is null ? 0 : 2) | (column.HasDistinct ? 4 : 0) | (column.Items is null ? 0 : 8)));
        WriteTally(writer, column.Rows);
        WriteTally(writer, column.Nulls);
        WriteTally(writer, column.NaNs);
        WriteTally(writer, column.PositiveInfinities);
        WriteTally(writer, column.NegativeInfinities);
        column.Moments.Write(writer);
        column.Values?.Write(writer);
        column.Ranks?.Write(writer);
        column.Distinct?.Write(writer);
        column.Items?.Write(writer);
    }

    /// <summary>Reads a column.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="stored">All that the reader reads, which nobody changes.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static ColumnSketch ReadColumn(ref SketchReader reader, ReadOnlyMemory<byte> stored)
    {
        reader.ReadHeader(SketchFormat.Column);
        var name = reader.ReadText();
        var type = (ProfileColumnType)reader.ReadByte();
        var parts = reader.ReadByte();
        SketchReader.Require(Enum.IsDefined(type) && parts < 16, "a column has a known type and known parts");
        Span<RowTally> tallies = stackalloc RowTally[5];
        for (var i = 0; i < tallies.Length; i++)
        {
            tallies[i] = ReadTally(ref reader);
        }

        var moments = Moments.Read(ref reader);
        var start = stored.Length - reader.RestLength;
        if ((parts & 1) != 0)
        {
            DDSketch.Skip(ref reader);
        }

        var values = stored[start..^reader.RestLength];
        var ranks = (parts & 2) == 0 ? null : Kll.Read(ref reader);
        start = stored.Length - reader.RestLength;
        if ((parts & 4) != 0)
        {
            HyperLogLog.Skip(ref reader);
        }

        var distinct = stored[start..^reader.RestLength];
        var items = (parts & 8) == 0 ? null : FrequentItems.Read(ref reader);
        return new(name, type, moments, values, ranks, distinct, items)
        {
            Rows = tallies[0],
            Nulls = tallies[1],
            NaNs = tallies[2],
            PositiveInfinities = tallies[3],
            NegativeInfinities = tallies[4],
        };
    }

    private static void WriteTally(SketchWriter writer, RowTally tally)
    {
        writer.WriteCount(tally.Count);
        writer.WriteWeight(tally.Weight);
    }

    private static RowTally ReadTally(ref SketchReader reader) => new(reader.ReadLongCount(), reader.ReadWeight());

    private static void WriteTime(SketchWriter writer, long? microseconds)
    {
        writer.WriteByte(microseconds is null ? (byte)0 : (byte)1);
        writer.WriteUInt64((ulong)(microseconds ?? 0));
    }

    private static long? ReadTime(ref SketchReader reader)
    {
        var isKnown = reader.ReadByte() == 1;
        var time = (long)reader.ReadUInt64();
        return isKnown ? time : null;
    }
}
