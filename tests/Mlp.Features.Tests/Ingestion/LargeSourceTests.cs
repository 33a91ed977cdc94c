using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>A source file that is larger than the memory that an ingest may use.</summary>
public sealed class LargeSourceTests : IDisposable
{
    private const long Limit = 64L << 20;
    private const int RowCount = 500_000;

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("long_texts")
        .Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("text", FeatureType.String).Build();

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("csv", "HEADER")]
    [InlineData("parquet", "COMPRESSION uncompressed")]
    public async Task Ingest_FileLargerThanTheMemoryLimit_TakesEveryRowInOrder(string format, string copy)
    {
        var store = FeatureStore.Open(_temp.Combine("data"), new FeaturesBuilder().Add(View).Build(), MlPlatformMode.Owner, new FeatureStoreOptions { DuckDbThreads = 1, DuckDbMemoryLimitBytes = Limit });
        var path = _temp.Combine("source." + format);
        using (var session = store.Offline.OpenSession())
        {
            // 200 bytes a row that no dictionary shortens, in no order of time.
            session.Execute(
                $"COPY (SELECT range AS id, TIMESTAMP '2026-01-01' + to_seconds((hash(range) % 86400)::BIGINT) AS t, md5(range::VARCHAR) || repeat(md5((range + 1)::VARCHAR), 5) AS text FROM range({RowCount})) TO '{path}' (FORMAT {format}, {copy})");
        }

        Assert.True(new FileInfo(path).Length > Limit * 3 / 2);

        var result = format == "csv" ? await store.IngestCsvAsync("long_texts", path) : await store.IngestParquetAsync("long_texts", path);

        Assert.Equal(RowCount, result.RowCount);
        using var reading = store.Offline.OpenSession();
        var row = reading.Query(
            $"SELECT count(*), count(DISTINCT id), count(DISTINCT ingest_sequence), bool_and(starts_with(text, md5(id::VARCHAR)) AND length(text) = 192), max(ingest_sequence - 2 * id) - min(ingest_sequence - 2 * id) FROM {store.Offline.Open(View).GetSnapshot().Relation()}")[0];
        Assert.Equal([(long)RowCount, (long)RowCount, (long)RowCount, true, 0L], row);
        Assert.Empty(Directory.GetFileSystemEntries(_temp.Combine("data", "features", "tmp")));
    }
}
