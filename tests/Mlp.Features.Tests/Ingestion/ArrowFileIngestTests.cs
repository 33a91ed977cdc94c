using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class ArrowFileIngestTests : IDisposable
{
    private static readonly Guid Id = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("times")
        .Key("id", EntityValueKind.Guid).EventTime("t").CreatedTimeEqualsEventTime().Feature("n", FeatureType.Int64).Feature("x", FeatureType.Float32).Feature("s", FeatureType.String).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public ArrowFileIngestTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, CompressionCodecType.Zstd)]
    [InlineData(true, CompressionCodecType.Lz4Frame)]
    public async Task IngestArrowAsync_FileOrStream_TakesEveryBatch(bool isFile, CompressionCodecType? codec)
    {
        var path = Write(isFile, codec, Batch(0, 3000), Batch(3000, 5));

        var result = await _store.IngestArrowAsync("times", path, batchId: "a");

        Assert.Equal(3005, result.RowCount);
        Assert.Equal(Enumerable.Range(0, 3005).Select(i => (long)i), Reading.Column<long>(_store, View, "n"));
        Assert.Equal(Enumerable.Range(0, 3005).Select(i => i / 2f), Reading.Column<float>(_store, View, "x"));
        Assert.Equal(Enumerable.Range(0, 3005).Select(i => i % 2 == 0 ? null : $"s{i % 7}"), Reading.Rows(_store, View, "s", row => (string?)row[0]));
        Assert.Equal([Id.ToString("D")], Reading.Column<string>(_store, View, "id").Distinct());
        Assert.Equal(Enumerable.Range(1, 3005).Select(i => (long)i), Reading.Column<long>(_store, View, "epoch_us(event_time)"));
        Assert.True((await _store.IngestArrowAsync("times", path, batchId: "a")).IsRepeated);
    }

    [Theory]
    [InlineData(TimeUnit.Second, 1_767_225_600L, 1_767_225_600_000_000L)]
    [InlineData(TimeUnit.Millisecond, -1L, -1_000L)]
    [InlineData(TimeUnit.Microsecond, 1_767_225_600_000_001L, 1_767_225_600_000_001L)]
    [InlineData(TimeUnit.Nanosecond, 1_767_225_600_000_000_001L, 1_767_225_600_000_001L)]
    [InlineData(TimeUnit.Nanosecond, -1_999L, -1L)]
    public async Task IngestArrowAsync_TimesOfAnyUnit_AreRoundedUp(TimeUnit unit, long value, long expected)
    {
        var time = new TimestampArray(new ArrayData(new TimestampType(unit, "UTC"), 1, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer.Builder<long>().Append(value).Build()]));
        await _store.IngestArrowAsync("times", Write(isFile: true, null, Batch(0, 1, time)));

        Assert.Equal([expected], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
    }

    [Fact]
    public async Task IngestArrowAsync_IntegerTime_IsMicroseconds()
    {
        await _store.IngestArrowAsync("times", Write(isFile: false, null, Batch(0, 1, new Int64Array.Builder().Append(77).Build())));

        Assert.Equal([77], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
    }

    [Fact]
    public async Task IngestArrowAsync_CutAnywhere_IsRefused()
    {
        foreach (var isFile in new[] { false, true })
        {
            var path = Write(isFile, null, Batch(0, 40), Batch(40, 40));
            var bytes = await File.ReadAllBytesAsync(path);
            for (var length = 0; length < bytes.Length; length += 97)
            {
                await File.WriteAllBytesAsync(path, bytes[..length]);
                await Assert.ThrowsAsync<IngestException>(() => _store.IngestArrowAsync("times", path));
            }
        }

        Assert.Empty(Reading.Column<long>(_store, View, "n"));
    }

    [Fact]
    public async Task IngestArrowAsync_SomethingElse_SaysSo()
    {
        var path = _temp.Combine("x.arrow");
        await File.WriteAllTextAsync(path, "nothing of the kind");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestArrowAsync("times", path));

        Assert.Equal($"Expected an Arrow IPC file, or a stream with its end mark, at '{path}', but found neither: it is something else, or has been cut off.", e.Message);
    }

    [Fact]
    public async Task IngestArrowAsync_ColumnOfAnotherType_NamesBoth()
    {
        var options = new ArrowIngestOptions();
        options.Columns["n"] = "x";
        var path = Write(isFile: true, null, Batch(0, 1));

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestArrowAsync("times", path, options));

        Assert.Equal($"Expected column 'x' of '{path}' to be an Int64 for feature view 'times' version 1, but found FLOAT, which does not fit without loss. Convert it: Expressions[\"n\"] = \"x::BIGINT\".", e.Message);
    }

    public void Dispose() => _temp.Dispose();

    private static RecordBatch Batch(int first, int count, IArrowArray? time = null)
    {
        var ids = new ArrowBuffer.Builder<byte>();
        var times = new ArrowBuffer.Builder<long>();
        var numbers = new Int32Array.Builder();
        var halves = new FloatArray.Builder();
        var texts = new Int8Array.Builder();
        for (var i = first; i < first + count; i++)
        {
            ids.Append(Id.ToByteArray(bigEndian: true));
            times.Append((i * 1000L) + 1);
            numbers.Append(i);
            halves.Append(i / 2f);
            if (i % 2 == 0)
            {
                texts.AppendNull();
            }
            else
            {
                texts.Append((sbyte)(i % 7));
            }
        }

        IArrowArray[] arrays =
        [
            new Apache.Arrow.Arrays.FixedSizeBinaryArray(new ArrayData(new FixedSizeBinaryType(16), count, 0, 0, [ArrowBuffer.Empty, ids.Build()])),
            time ?? new TimestampArray(new ArrayData(new TimestampType(TimeUnit.Nanosecond, "UTC"), count, 0, 0, [ArrowBuffer.Empty, times.Build()])),
            numbers.Build(),
            halves.Build(),
            new DictionaryArray(new DictionaryType(Int8Type.Default, StringType.Default, false), texts.Build(), new StringArray.Builder().AppendRange(Enumerable.Range(0, 7).Select(i => $"s{i}")).Build()),
        ];
        string[] names = ["id", "t", "n", "x", "s"];
        return new RecordBatch(new Schema(names.Zip(arrays, (name, array) => new Field(name, array.Data.DataType, nullable: true)), metadata: null), arrays, count);
    }

    private string Write(bool isFile, CompressionCodecType? codec, params RecordBatch[] batches)
    {
        var path = _temp.Combine($"{Guid.NewGuid():N}.arrow");
        using var stream = File.Create(path);
        var options = new IpcOptions { CompressionCodec = codec, CompressionCodecFactory = codec is null ? null : new CompressionCodecFactory() };
        using var writer = isFile ? new ArrowFileWriter(stream, batches[0].Schema, leaveOpen: false, options) : new ArrowStreamWriter(stream, batches[0].Schema, leaveOpen: false, options);
        foreach (var batch in batches)
        {
            writer.WriteRecordBatch(batch);
        }

        writer.WriteEnd();
        return path;
    }
}
