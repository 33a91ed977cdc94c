using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Interop;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class ParquetIngestTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("times")
        .Key("k", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Feature("v", FeatureType.Int64).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public ParquetIngestTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    // What pandas writes for datetime64[ns, UTC]: 2026-01-01T00:00:00.123456000, ...001 and ...002 in nanoseconds.
    [Fact]
    public async Task IngestParquetAsync_UtcNanoseconds_AreRoundedUp()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Ingestion", "Fixtures", "utc-nanoseconds.parquet");
        await _store.IngestParquetAsync("times", path);

        Assert.Equal([1_767_225_600_123_456, 1_767_225_600_123_457, 1_767_225_600_123_457], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
        Assert.Equal(["k0", "k1", "k2"], Reading.Column<string>(_store, View, "k"));
    }

    [Theory]
    [InlineData("make_timestamp_ns(1767225600123456001)", 1_767_225_600_123_457)]
    [InlineData("make_timestamp_ns(-1001)", -1)]
    [InlineData("make_timestamp_ns(-999)", 0)]
    [InlineData("make_timestamp(1767225600123456)", 1_767_225_600_123_456)]
    [InlineData("make_timestamp(1767225600123456)::TIMESTAMPTZ", 1_767_225_600_123_456)]
    [InlineData("make_timestamp(1767225600123000)::TIMESTAMP_MS", 1_767_225_600_123_000)]
    [InlineData("make_timestamp(1767225600000000)::TIMESTAMP_S", 1_767_225_600_000_000)]
    [InlineData("DATE '2026-01-01'", 1_767_225_600_000_000)]
    public async Task IngestParquetAsync_TimesOfAnyUnit_AreMicroseconds(string sql, long expected)
    {
        await _store.IngestParquetAsync("times", Write($"SELECT 'a' AS k, {sql} AS t, 5::INTEGER AS v"));

        Assert.Equal([expected], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
        Assert.Equal([5], Reading.Column<long>(_store, View, "v"));
    }

    [Fact]
    public async Task IngestParquetAsync_ColumnOfAnotherType_NamesBoth()
    {
        var path = Write("SELECT 'a' AS k, now() AS t, 5::DOUBLE AS v");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestParquetAsync("times", path));
        Assert.Equal($"Expected column 'v' of '{path}' to be an Int64 for feature view 'times' version 1, but found DOUBLE, which does not fit without loss. Convert it: Expressions[\"v\"] = \"v::BIGINT\".", e.Message);

        var options = new ParquetIngestOptions();
        options.Expressions["v"] = "v::BIGINT";
        Assert.Equal(1, (await _store.IngestParquetAsync("times", path, options)).RowCount);
    }

    [Fact]
    public async Task IngestParquetAsync_NullTime_NamesTheRow()
    {
        var path = Write("SELECT 'a' AS k, CASE WHEN i = 2 THEN NULL ELSE now() END AS t, 5 AS v FROM range(4) r(i)");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestParquetAsync("times", path));
        Assert.Equal($"Expected column 't' of '{path}' to be a time for feature view 'times' version 1, but found none in row 3.", e.Message);
        Assert.Equal(3, e.Row);
    }

    [Fact]
    public async Task IngestParquetAsync_NotAParquetFile_SaysSo()
    {
        File.WriteAllText(_temp.Combine("x.parquet"), "nothing of the kind");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestParquetAsync("times", _temp.Combine("x.parquet")));
        Assert.Equal($"Expected a Parquet file at '{_temp.Combine("x.parquet")}', but it cannot be read as one.", e.Message);
    }

    public void Dispose() => _temp.Dispose();

    private string Write(string select)
    {
        var path = _temp.Combine($"{Guid.NewGuid():N}.parquet");
        using var session = DuckDbSession.Open(new DuckDbSettings(256L << 20, 1, _temp.FullName));
        session.Execute($"COPY ({select}) TO {Sql.Text(path)} (FORMAT parquet)");
        return path;
    }
}
