using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>A batch of rows of 32 float features of random entities: as Arrow, and as numbers for those who encode them by hand.</summary>
internal sealed class PushedRows : IDisposable
{
    internal const int Fields = 32;

    /// <summary>Bytes that our online store keeps an entity under: number of the view, number of parts, type tag, 8 bytes.</summary>
    internal const int KeyLength = 14;

    /// <summary>Bytes of our row: times, sequence, definition, presence bits and the values.</summary>
    internal const int RowLength = 168;

    /// <summary>Bytes of a row in a log: two lengths, key and row, as in our write-ahead log.</summary>
    internal const int LogLength = (2 * sizeof(int)) + KeyLength + RowLength;

    private const int ValuesOffset = RowLength - (Fields * sizeof(float));

    private static readonly Schema Schema = new(
        [new Field("id", Int64Type.Default, false), new Field("at", Int64Type.Default, false), .. Enumerable.Range(0, Fields).Select(i => new Field(Name(i), FloatType.Default, true))], null);

    private readonly long[] _ids;
    private readonly float[][] _columns;

    private PushedRows(IEnumerable<long> ids, long eventTime, Random random)
    {
        EventTime = eventTime;
        _ids = [.. ids];
        _columns = [.. Enumerable.Range(0, Fields).Select(_ => _ids.Select(_ => random.NextSingle()).ToArray())];
        Arrow = new RecordBatch(
            Schema,
            [
                new Int64Array.Builder().AppendRange(_ids).Build(), new Int64Array.Builder().AppendRange(Enumerable.Repeat(eventTime, Count)).Build(),
                .. _columns.Select(column => new FloatArray.Builder().AppendRange(column).Build()),
            ],
            Count);
    }

    internal static FeatureCatalog Catalog { get; } = CreateCatalog();

    internal RecordBatch Arrow { get; }

    internal long EventTime { get; }

    internal int Count => _ids.Length;

    public void Dispose() => Arrow.Dispose();

    /// <summary>Rows of random entities among so many.</summary>
    internal static PushedRows OfAny(int count, int entities, long eventTime, Random random) => new(Enumerable.Range(0, count).Select(_ => (long)random.Next(entities)).ToArray(), eventTime, random);

    /// <summary>One row of each entity of a range.</summary>
    internal static PushedRows OfRange(int first, int count, long eventTime, Random random) => new(Enumerable.Range(first, count).Select(id => (long)id), eventTime, random);

    internal long IdOf(int row) => _ids[row];

    /// <summary>Writes a row as it stands in a log: lengths, key, row.</summary>
    internal void Encode(int row, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, KeyLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], RowLength);
        var key = KeyOf(destination);
        key[0] = 1;
        BinaryPrimitives.WriteInt64BigEndian(key[^8..], _ids[row]);
        var values = RowOf(destination);
        BinaryPrimitives.WriteInt64LittleEndian(values, EventTime);
        var floats = MemoryMarshal.Cast<byte, float>(values[ValuesOffset..]);
        for (var field = 0; field < Fields; field++)
        {
            floats[field] = _columns[field][row];
        }
    }

    /// <summary>The key in a row of a log.</summary>
    internal static Span<byte> KeyOf(Span<byte> logged) => logged.Slice(2 * sizeof(int), KeyLength);

    /// <summary>The row in a row of a log.</summary>
    internal static Span<byte> RowOf(Span<byte> logged) => logged.Slice((2 * sizeof(int)) + KeyLength, RowLength);

    private static string Name(int field) => "f" + field.ToString(CultureInfo.InvariantCulture);

    private static FeatureCatalog CreateCatalog()
    {
        var view = new FeatureViewBuilder("stats").Key("id", EntityValueKind.Int64).EventTime("at").CreatedTimeEqualsEventTime().TimeToLive(TimeSpan.FromDays(30));
        for (var i = 0; i < Fields; i++)
        {
            view.Feature(Name(i), FeatureType.Float32);
        }

        return new FeaturesBuilder().Add(view.Build()).AddService("stats-service", 1, service => service.From("stats", 1)).Build();
    }
}
