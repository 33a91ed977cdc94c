using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>SQL over Arrow batches.</summary>
public sealed class SqlBatchesTests : IDisposable
{
    private const string Derive = "SELECT k, max(seen) AS t, sum(n)::BIGINT AS n, any_value(v) AS v FROM b GROUP BY k ORDER BY k";

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("derived")
        .Key("k", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Feature("n", FeatureType.Int64).Vector("v", 2).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public SqlBatchesTests() => _store = FeatureStore.Open(
        _temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build(), options: new FeatureStoreOptions { DuckDbMemoryLimitBytes = 64L << 20, DuckDbThreads = 1 });

    [Fact]
    public async Task IngestSqlAsync_OneBatch_IsATable()
    {
        var result = await _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(Batch(0, 5))));

        Assert.Equal(2, result.RowCount);
        Assert.Equal([("k0", 4L, 6L, "[0.0, 0.5]"), ("k1", 3L, 4L, "[1.0, 0.5]")], Rows());
        Assert.False((await _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(Batch(0, 5))))).IsRepeated);
    }

    [Fact]
    public async Task IngestSqlAsync_Stream_IsReadOnceAndBeyondItsMemory()
    {
        var made = 0;

        // 200 batches of 0.6 MB each, twice the memory of a session.
        var result = await _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(Stream())), batchId: "s");

        Assert.Equal((200, 2L), (made, result.RowCount));
        var count = 200L * 10_000;
        Assert.Equal([count * (count - 2) / 4, count * count / 4], Rows().Select(row => row.N));
        Assert.True((await _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(Stream())), batchId: "s")).IsRepeated);
        Assert.Equal(200, made);

        async IAsyncEnumerable<RecordBatch> Stream()
        {
            for (var i = 0; i < 200; i++)
            {
                using var batch = Batch(i * 10_000, 10_000);
                yield return batch;
                made++;
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task IngestSqlAsync_StreamWithoutABatch_IsRefusedAndOneWithoutRowsIsNot()
    {
        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(BatchStream.Of()))));

        Assert.Equal("Expected at least one batch in the Arrow batches, which says the columns, but found none. A batch without rows will do.", e.Message);
        Assert.Equal(0, (await _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(Batch(0, 0))))).RowCount);
    }

    [Fact]
    public async Task IngestSqlAsync_BatchesOfTwoSchemas_NameTheColumn()
    {
        var other = new RecordBatch(
            new Schema([new Field("k", StringType.Default, true), new Field("seen", Int64Type.Default, true), new Field("n", Int64Type.Default, true), new Field("v", StringType.Default, true)], null),
            [new StringArray.Builder().Append("k0").Build(), new Int64Array.Builder().Append(1).Build(), new Int64Array.Builder().Append(1).Build(), new StringArray.Builder().Append("x").Build()],
            1);

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(BatchStream.Of(Batch(0, 1), other)))));

        Assert.Equal("Expected column 'seen' to have one type in all batches of the Arrow batches, but found another in a later one.", e.Message);
    }

    [Fact]
    public async Task IngestSqlAsync_StreamThatFails_CommitsNothing()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(Broken()))));

        Assert.Empty(Rows());
        Assert.Empty(Directory.GetFileSystemEntries(_temp.Combine("ml-data", "features", "tmp")));

        static async IAsyncEnumerable<RecordBatch> Broken()
        {
            yield return Batch(0, 10);
            await Task.Yield();
            throw new InvalidDataException("broken");
        }
    }

    [Fact]
    public async Task IngestSqlAsync_DisposedBatch_SaysSo()
    {
        var batch = Batch(0, 1);
        batch.Dispose();

        var e = await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.IngestSqlAsync("derived", Derive, Sources(SqlSource.Batches(batch))));
        Assert.StartsWith("Expected the Arrow batches to live until the task completes, but found a batch that has been disposed.", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _temp.Dispose();

    private static Dictionary<string, SqlSource> Sources(SqlSource batches) => new() { ["b"] = batches };

    private static RecordBatch Batch(int first, int count)
    {
        var rows = Enumerable.Range(first, count).ToList();
        var vectors = new VectorBuilder(2);
        rows.ForEach(i => vectors.Append([i % 2, 0.5f]));
        IArrowArray[] columns =
        [
            new StringArray.Builder().AppendRange(rows.Select(i => $"k{i % 2}")).Build(),
            new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")).AppendRange(rows.Select(i => DateTimeOffset.UnixEpoch.AddMicroseconds(i))).Build(),
            new Int32Array.Builder().AppendRange(rows).Build(),
            vectors.Build(),
        ];
        string[] names = ["k", "seen", "n", "v"];
        return new RecordBatch(new Schema(names.Zip(columns, (name, column) => new Field(name, column.Data.DataType, nullable: true)), null), columns, count);
    }

    private List<(string K, long T, long N, string V)> Rows()
        => Reading.Rows(_store, View, "k, epoch_us(event_time), n, v::VARCHAR", row => ((string)row[0]!, (long)row[1]!, (long)row[2]!, (string)row[3]!));
}
