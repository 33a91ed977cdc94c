using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Mlp.Runtime.Data;

namespace Mlp.Training.Runs;

/// <summary>
/// The entries of a run as bytes, all little-endian:
/// <code>
/// entry  = number within the run from 1 (i64), kind (u8), content
/// metric = kind 0: time in microseconds (i64), step (i64), value (f64), name (UTF-8)
/// fact   = kind 1: JSON (<see cref="RunFact"/>)
/// </code>
/// An entry that may have been written and not have been flushed is written again with its number, which a reader takes once. Other kinds are passed over.
/// </summary>
internal static class RunEntries
{
    private const int PrefixLength = 9;
    private const int MetricLength = 33;
    private const byte MetricKind = 0;
    private const byte FactKind = 1;

    /// <summary>An entry of a metric, still without number.</summary>
    public static byte[] Metric(string name, double value, long step, DateTimeOffset time)
    {
        var entry = new byte[MetricLength + Encoding.UTF8.GetByteCount(name)];
        entry[8] = MetricKind;
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(9), Microseconds.FromRequestTime(time));
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(17), step);
        BinaryPrimitives.WriteDoubleLittleEndian(entry.AsSpan(25), value);
        Encoding.UTF8.GetBytes(name, entry.AsSpan(MetricLength));
        return entry;
    }

    /// <summary>An entry of a fact, still without number.</summary>
    public static byte[] Fact(RunFact fact)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(fact, RunFactJson.Default.RunFact);
        var entry = new byte[PrefixLength + json.Length];
        entry[8] = FactKind;
        json.CopyTo(entry, PrefixLength);
        return entry;
    }

    /// <summary>Gives an entry its number.</summary>
    public static void SetNumber(byte[] entry, long number) => BinaryPrimitives.WriteInt64LittleEndian(entry, number);

    /// <summary>The number of an entry.</summary>
    /// <exception cref="FormatException">It is too short to have one.</exception>
    public static long NumberOf(ReadOnlySpan<byte> entry)
        => entry.Length >= PrefixLength ? BinaryPrimitives.ReadInt64LittleEndian(entry) : throw new FormatException("an entry is too short.");

    /// <summary>Reads an entry.</summary>
    /// <returns>A metric, a fact, or neither for a kind that a later version has added.</returns>
    /// <exception cref="FormatException">It is not what its kind says.</exception>
    public static ((string Name, MetricPoint Point)? Metric, RunFact? Fact) Read(ReadOnlySpan<byte> entry)
    {
        switch (entry[8])
        {
            case MetricKind when entry.Length > MetricLength:
                var point = new MetricPoint(
                    BinaryPrimitives.ReadInt64LittleEndian(entry[17..]),
                    BinaryPrimitives.ReadDoubleLittleEndian(entry[25..]),
                    Microseconds.ToDateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(entry[9..])));
                return ((Encoding.UTF8.GetString(entry[MetricLength..]), point), null);
            case MetricKind:
                throw new FormatException("a metric is too short.");
            case FactKind:
                return (null, ReadFact(entry[PrefixLength..]));
            default:
                return (null, null);
        }
    }

    private static RunFact ReadFact(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RunFactJson.Default.RunFact) ?? throw new FormatException("an entry is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"an entry cannot be read: {e.Message}", e);
        }
    }
}
