using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using BenchmarkDotNet.Attributes;
using Mlp.Benchmarks.Interop;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Benchmarks.Features;

/// <summary>
/// Reads 256 random entities of 32 float features, all in memory, on one thread; numbers are per entity. The baseline is FASTER alone: the same bytes under the same keys, copied out in the read
/// callback and no more. Ours adds the session pool, keys encoded from typed values, time to live, a status per value and an event time.
/// </summary>
[ShortRunJob]
[MemoryDiagnoser]
[MinColumn]
[MedianColumn]
#pragma warning disable CA1001 // Disposed in the cleanup that BenchmarkDotNet calls.
public class OnlineReadBenchmarks
#pragma warning restore CA1001
{
    private const int Batch = 256;
    private const int Fields = 32;
    private const int PushedRows = 10_000;
    private const int Asked = 1 << 18;
    private const int KeyLength = 14;

    // Asked about in turn, so that rows come from memory and not from a cache that the last call has filled.
    private readonly EntityValue[] _keys = new EntityValue[Asked];
    private readonly byte[] _encoded = new byte[Asked * KeyLength];
    private readonly ConcurrentDictionary<long, float[]> _dictionary = new();
    private readonly float[] _copied = new float[Batch * Fields];
    private string _directory = string.Empty;
    private FeatureStore _store = null!;
    private RawFasterStore _raw = null!;
    private IFeatureServiceReader _reader = null!;
    private FeatureRows _rows = null!;
    private FeatureRows _row = null!;
    private byte[] _destination = [];
    private nint _address;
    private long _asOf;
    private int _next;

    /// <summary>Number of entities in the store.</summary>
    [Params(10_000, 1_000_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _directory = Directory.CreateTempSubdirectory("mlp-bench-").FullName;
        var builder = new FeatureViewBuilder("stats").Key("id", EntityValueKind.Int64).EventTime("at").CreatedTimeEqualsEventTime().TimeToLive(TimeSpan.FromDays(30));
        for (var i = 0; i < Fields; i++)
        {
            builder.Feature(Name(i), FeatureType.Float32);
        }

        var catalog = new FeaturesBuilder().Add(builder.Build()).AddService("stats-service", 1, service => service.From("stats", 1)).Build();
        var options = new FeatureStoreOptions { Online = new OnlineStoreOptions { MemorySize = 1L << 30, IndexSize = 64 << 20, CheckpointInterval = TimeSpan.FromHours(1), CheckpointWriteAheadLength = 1L << 36 } };
        _store = FeatureStore.Open(Path.Combine(_directory, "data"), catalog, MlPlatformMode.Owner, options);
        await _store.Online.OpenAsync(default);
        _raw = new RawFasterStore(Path.Combine(_directory, "raw"), 1L << 30, 64 << 20);
        _asOf = Microseconds.FromRequestTime(TimeProvider.System.GetUtcNow());
        await FillAsync(catalog.Views[0]);
        PrepareReads();
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _store.Online.CloseAsync(default);
        _raw.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true, Description = "FASTER alone, 256 reads", OperationsPerInvoke = Batch)]
    public int RawFaster()
    {
        var first = NextBatch();
        var found = 0;
        for (var i = 0; i < Batch; i++)
        {
            found += _raw.Read(_encoded.AsSpan((first + i) * KeyLength, KeyLength), _address + (i * 256)) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "Feature service, one call for 256", OperationsPerInvoke = Batch)]
    public bool ServiceBatch()
    {
        _rows.Reset(Batch);
        return IsCompleted(_reader.ReadAsync(_keys.AsMemory(NextBatch(), Batch), _asOf, _rows, 0, Batch));
    }

    [Benchmark(Description = "Feature service, 256 calls for one", OperationsPerInvoke = Batch)]
    public bool ServiceSingle()
    {
        var first = NextBatch();
        var isCompleted = true;
        for (var i = 0; i < Batch; i++)
        {
            _row.Reset(1);
            isCompleted &= IsCompleted(_reader.ReadAsync(_keys.AsMemory(first + i, 1), _asOf, _row, 0, 1));
        }

        return isCompleted;
    }

    [Benchmark(Description = "ConcurrentDictionary and copy, 256 reads", OperationsPerInvoke = Batch)]
    public int DictionaryCopy()
    {
        var first = NextBatch();
        var found = 0;
        for (var i = 0; i < Batch; i++)
        {
            if (_dictionary.TryGetValue(_keys[first + i].AsInt64(), out var values))
            {
                values.CopyTo(_copied, i * Fields);
                found++;
            }
        }

        return found;
    }

    private static bool IsCompleted(ValueTask read)
        => read.IsCompletedSuccessfully ? true : throw new InvalidOperationException("Expected all rows to be in memory, but a read waits for the disk.");

    private static string Name(int field) => "f" + field.ToString(CultureInfo.InvariantCulture);

    private int NextBatch()
    {
        var first = _next;
        _next = (first + Batch) & (Asked - 1);
        return first;
    }

    private async Task FillAsync(FeatureViewDefinition view)
    {
        var random = new Random(1);
        var schema = new Schema([new Field("id", Int64Type.Default, false), new Field("at", Int64Type.Default, false), .. view.Fields.Select(field => new Field(field.Name, FloatType.Default, true))], null);
        var row = new byte[28 + 8 + (Fields * sizeof(float))];
        for (var start = 0; start < Rows; start += PushedRows)
        {
            var columns = Enumerable.Range(0, Fields).Select(_ => Enumerable.Range(0, PushedRows).Select(_ => random.NextSingle()).ToArray()).ToArray();
            var ids = Enumerable.Range(start, PushedRows).Select(id => (long)id);
            using var batch = new RecordBatch(
                schema,
                [
                    new Int64Array.Builder().AppendRange(ids).Build(), new Int64Array.Builder().AppendRange(Enumerable.Repeat(_asOf - 1, PushedRows)).Build(),
                    .. columns.Select(values => new FloatArray.Builder().AppendRange(values).Build()),
                ],
                PushedRows);
            await _store.PushAsync("stats", batch, PushTarget.Online);
            for (var i = 0; i < PushedRows; i++)
            {
                var values = columns.Select(column => column[i]).ToArray();
                _dictionary[start + i] = values;
                MemoryMarshal.AsBytes<float>(values).CopyTo(row.AsSpan(36));
                _raw.Write(Encode(start + i), row);
            }
        }
    }

    private void PrepareReads()
    {
        var random = new Random(2);
        for (var i = 0; i < Asked; i++)
        {
            var id = random.Next(Rows);
            _keys[i] = id;
            Encode(id).CopyTo(_encoded, i * KeyLength);
        }

        _destination = GC.AllocateArray<byte>(Batch * 256, pinned: true);
        _address = Marshal.UnsafeAddrOfPinnedArrayElement(_destination, 0);
        _reader = _store.FindService("stats-service")!;
        _rows = new FeatureRows(_reader.Description.Layout, Batch);
        _row = new FeatureRows(_reader.Description.Layout, 1);
        var isSame = ServiceBatch();
        _next = 0;
        isSame &= DictionaryCopy() == Batch && RawFaster() == Batch && _rows.Float32.SequenceEqual(_copied);
        if (!isSame)
        {
            throw new InvalidOperationException("Expected all stores to hold the same rows in memory, but they do not.");
        }
    }

    /// <summary>The bytes that the online store keeps an entity under.</summary>
    private static byte[] Encode(long id)
    {
        EntityValue[] key = [id];
        var bytes = new byte[4 + EntityKeyEncoding.GetMaximumLength(key)];
        bytes[0] = 1;
        return bytes[..(4 + EntityKeyEncoding.Encode(key, bytes.AsSpan(4)))];
    }
}
