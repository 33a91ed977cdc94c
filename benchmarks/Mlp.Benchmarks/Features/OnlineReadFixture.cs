using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Benchmarks.Interop;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Benchmarks.Features;

/// <summary>
/// The same entities of 32 float features in a feature store with the hot tier, in one without, and in FASTER alone under the same keys; and entities to ask about, in random order, so that rows come from memory and not from
/// a cache that the last call has filled.
/// </summary>
internal sealed class OnlineReadFixture : IAsyncDisposable
{
    internal const int Fields = 32;
    internal const int Asked = 1 << 18;
    internal const int RowLength = 168;

    private const int PushedRows = 10_000;
    private const int Fixed = 40;

    private readonly string _directory = Directory.CreateTempSubdirectory("mlp-bench-").FullName;
    private readonly FeatureStore _tiered;
    private readonly FeatureStore _plain;
    private readonly Schema _schema;

    private OnlineReadFixture(OnlineReadKey key, int rows)
    {
        (Key, Rows) = (key, rows);
        var builder = new FeatureViewBuilder("stats").EventTime("at").CreatedTimeEqualsEventTime().TimeToLive(TimeSpan.FromDays(30));
        foreach (var (name, kind) in key.Columns)
        {
            builder.Key(name, kind);
        }

        for (var i = 0; i < Fields; i++)
        {
            builder.Feature(Name(i), FeatureType.Float32);
        }

        var catalog = new FeaturesBuilder().Add(builder.Build()).AddService("stats-service", 1, service => service.From("stats", 1)).Build();
        _tiered = Open(catalog, "tiered", 320L << 20);
        _plain = Open(catalog, "plain", 0);
        Raw = new RawFasterStore(Path.Combine(_directory, "raw"), 1L << 30, 64 << 20);
        AsOf = Microseconds.FromRequestTime(TimeProvider.System.GetUtcNow());
        _schema = new Schema(
            [
                .. key.Columns.Select(column => new Field(column.Name, column.Kind == EntityValueKind.Int64 ? Int64Type.Default : StringType.Default, false)),
                new Field("at", Int64Type.Default, false), .. Enumerable.Range(0, Fields).Select(i => new Field(Name(i), FloatType.Default, true)),
            ],
            null);
    }

    internal OnlineReadKey Key { get; }

    internal int Rows { get; }

    /// <summary>The reader of the store with the hot tier.</summary>
    internal IFeatureServiceReader Tiered { get; private set; } = null!;

    /// <summary>The reader of the store without it.</summary>
    internal IFeatureServiceReader Plain { get; private set; } = null!;

    internal RawFasterStore Raw { get; }

    /// <summary>The time of every question.</summary>
    internal long AsOf { get; }

    /// <summary>Key parts of the entities to ask about.</summary>
    internal EntityValue[] Keys { get; private set; } = [];

    /// <summary>Their numbers.</summary>
    internal int[] Ids { get; } = new int[Asked];

    /// <summary>Their keys as the online store has them.</summary>
    internal byte[][] Encoded { get; } = new byte[Asked][];

    internal static async Task<OnlineReadFixture> CreateAsync(OnlineReadKey key, int rows)
    {
        var fixture = new OnlineReadFixture(key, rows);
        await fixture._tiered.Online.OpenAsync(default);
        await fixture._plain.Online.OpenAsync(default);
        await fixture.FillAsync();
        fixture.Prepare();
        return fixture;
    }

    public async ValueTask DisposeAsync()
    {
        await _tiered.Online.CloseAsync(default);
        await _plain.Online.CloseAsync(default);
        Raw.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Reads entities in one call, synchronously.</summary>
    internal static void Read(IFeatureServiceReader reader, ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows rows, int count)
    {
        rows.Reset(count);
        var read = reader.ReadAsync(keys, asOf, rows, 0, count);
        if (!read.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("Expected all rows to be in memory, but a read waits for the disk.");
        }
    }

    /// <summary>Pushes rows of the entities from one on, with values from a generator.</summary>
    internal ValueTask PushAsync(IReadOnlyList<int> ids, long eventTime, Random random, bool isTiered = true)
    {
        using var batch = CreateBatch(ids, eventTime, Values(ids.Count, random));
        return (isTiered ? _tiered : _plain).PushAsync("stats", batch, PushTarget.Online);
    }

    private static string Name(int field) => "f" + field.ToString(CultureInfo.InvariantCulture);

    private static float[][] Values(int count, Random random) => [.. Enumerable.Range(0, Fields).Select(_ => Enumerable.Range(0, count).Select(_ => random.NextSingle()).ToArray())];

    private FeatureStore Open(FeatureCatalog catalog, string name, long hotTierSize)
    {
        var options = new FeatureStoreOptions
        {
            Online = new OnlineStoreOptions
            {
                MemorySize = 1L << 30,
                IndexSize = 64 << 20,
                HotTierSize = hotTierSize,
                CheckpointInterval = TimeSpan.FromHours(1),
                CheckpointWriteAheadLength = 1L << 36,
                CompactionLength = 1L << 40,
            },
        };
        return FeatureStore.Open(Path.Combine(_directory, name), catalog, MlPlatformMode.Owner, options);
    }

    private RecordBatch CreateBatch(IReadOnlyList<int> ids, long eventTime, float[][] values)
        => new(
            _schema,
            [
                .. Key.Columns.Select((column, part) => column.Kind == EntityValueKind.Int64
                    ? (IArrowArray)new Int64Array.Builder().AppendRange(ids.Select(id => Key.Parts(id)[part].AsInt64())).Build()
                    : new StringArray.Builder().AppendRange(ids.Select(id => Key.Parts(id)[part].AsString())).Build()),
                new Int64Array.Builder().AppendRange(Enumerable.Repeat(eventTime, ids.Count)).Build(), .. values.Select(column => new FloatArray.Builder().AppendRange(column).Build()),
            ],
            ids.Count);

    private async Task FillAsync()
    {
        var random = new Random(1);
        var row = new byte[RowLength];
        for (var start = 0; start < Rows; start += PushedRows)
        {
            var ids = Enumerable.Range(start, Math.Min(PushedRows, Rows - start)).ToArray();
            var values = Values(ids.Length, random);
            using var batch = CreateBatch(ids, AsOf - 1, values);
            await Task.WhenAll(_tiered.PushAsync("stats", batch, PushTarget.Online).AsTask(), _plain.PushAsync("stats", batch, PushTarget.Online).AsTask());
            for (var i = 0; i < ids.Length; i++)
            {
                for (var field = 0; field < Fields; field++)
                {
                    MemoryMarshal.Write(row.AsSpan(Fixed + (field * sizeof(float))), values[field][i]);
                }

                Raw.Write(Encode(ids[i]), row);
            }
        }
    }

    private void Prepare()
    {
        (Tiered, Plain) = (_tiered.FindService("stats-service")!, _plain.FindService("stats-service")!);
        var random = new Random(2);
        for (var i = 0; i < Asked; i++)
        {
            Ids[i] = random.Next(Rows);
            Encoded[i] = Encode(Ids[i]);
        }

        Keys = [.. Ids.SelectMany(id => Key.Parts(id))];

        // What is read comes into the hot tier: all entities, not only those that are asked about, in no order.
        var width = Key.Columns.Length;
        var (tiered, plain) = (new FeatureRows(Tiered.Description.Layout, 256), new FeatureRows(Plain.Description.Layout, 256));
        var all = Enumerable.Range(0, Rows).ToArray();
        random.Shuffle(all);
        foreach (var ids in all.Chunk(256))
        {
            Read(Tiered, ids.SelectMany(id => Key.Parts(id)).ToArray(), AsOf, tiered, ids.Length);
        }

        var raw = GC.AllocateArray<byte>(RowLength, pinned: true);
        for (var first = 0; first < Asked; first += 256)
        {
            Read(Tiered, Keys.AsMemory(first * width, 256 * width), AsOf, tiered, 256);
            Read(Plain, Keys.AsMemory(first * width, 256 * width), AsOf, plain, 256);
            var isSame = Raw.Read(Encoded[first], Marshal.UnsafeAddrOfPinnedArrayElement(raw, 0))
                && tiered.Float32.SequenceEqual(plain.Float32) && tiered.Float32Of(0).SequenceEqual(MemoryMarshal.Cast<byte, float>(raw.AsSpan(Fixed)));
            if (!isSame)
            {
                throw new InvalidOperationException("Expected all stores to hold the same rows in memory, but they do not.");
            }
        }
    }

    /// <summary>The bytes that the online store keeps an entity under.</summary>
    private byte[] Encode(int id)
    {
        var key = Key.Parts(id);
        var bytes = new byte[4 + EntityKeyEncoding.GetMaximumLength(key)];
        bytes[0] = 1;
        return bytes[..(4 + EntityKeyEncoding.Encode(key, bytes.AsSpan(4)))];
    }
}
