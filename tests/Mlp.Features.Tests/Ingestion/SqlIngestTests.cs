using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class SqlIngestTests : IDisposable
{
    private const string Derive = """
        -- How much was sold per area.
        SELECT area, max(s.event_time) AS t, sum(amount)::DOUBLE AS total, count(*) AS sales
        FROM sales s JOIN areas a ON a.shop = s.shop
        GROUP BY ALL ORDER BY area -- sorted
        """;

    private static readonly FeatureViewDefinition Sales = new FeatureViewBuilder("sales")
        .Key("shop", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Feature("amount", FeatureType.Float64).Build();

    private static readonly FeatureViewDefinition Areas = new FeatureViewBuilder("areas")
        .Key("area", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Feature("total", FeatureType.Float64).Feature("sales", FeatureType.Int64).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;
    private readonly string _areas;

    public SqlIngestTests()
    {
        _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(Sales).Add(Areas).Build(), options: new FeatureStoreOptions { DuckDbThreads = 1 });
        _areas = _temp.Combine("areas.csv");
        File.WriteAllText(_areas, "shop,area\na,north\nb,north\nc,south\n");
    }

    private Dictionary<string, SqlSource> Sources => new() { ["sales"] = SqlSource.View("sales"), ["areas"] = SqlSource.Csv(_areas) };

    [Fact]
    public async Task IngestSqlAsync_ViewAndFile_DerivesOncePerCommit()
    {
        await IngestSalesAsync(("a", 1, 1.5), ("b", 2, 2), ("c", 3, 4));

        var first = await _store.IngestSqlAsync("areas", Derive, Sources);
        var again = await _store.IngestSqlAsync("areas", Derive, Sources);

        Assert.Equal((2L, false), (first.RowCount, first.IsRepeated));
        Assert.Equal((first.Commit, true), (again.Commit, again.IsRepeated));
        Assert.Equal([("north", 2L, 3.5, 2L), ("south", 3L, 4.0, 1L)], Rows());

        await IngestSalesAsync(("c", 4, 10));
        var more = await _store.IngestSqlAsync("areas", Derive, Sources);
        Assert.False(more.IsRepeated);
        Assert.Equal([("north", 2L, 3.5, 2L), ("south", 4L, 14.0, 2L)], Rows().TakeLast(2));
        Assert.True((await _store.IngestSqlAsync("areas", Derive, Sources)).IsRepeated);
    }

    [Fact]
    public async Task IngestSqlAsync_CompactionOrSameRowTwice_ChangesNothing()
    {
        await IngestSalesAsync(("a", 1, 1));
        await IngestSalesAsync(("a", 1, 2));
        await IngestSalesAsync(("a", 1, 3));
        await _store.IngestSqlAsync("areas", Derive, Sources);
        Assert.Equal([("north", 1L, 3.0, 1L)], Rows());

        Assert.NotNull((await _store.CompactAsync("sales")).Commit);

        Assert.True((await _store.IngestSqlAsync("areas", Derive, Sources)).IsRepeated);
    }

    [Fact]
    public async Task IngestSqlAsync_OtherFileContent_IsAnotherBatch()
    {
        await IngestSalesAsync(("a", 1, 1));
        await _store.IngestSqlAsync("areas", Derive, Sources);
        File.WriteAllText(_areas, "shop,area\na,east\n");

        Assert.False((await _store.IngestSqlAsync("areas", Derive, Sources)).IsRepeated);
        Assert.Equal(["north", "east"], Rows().Select(row => row.Area));
    }

    [Fact]
    public async Task IngestSqlAsync_AsOfACommit_SeesItsRows()
    {
        await IngestSalesAsync(("a", 1, 1));
        await IngestSalesAsync(("a", 2, 5));

        await _store.IngestSqlAsync("areas", Derive, new Dictionary<string, SqlSource> { ["sales"] = SqlSource.View("sales", commit: 1), ["areas"] = SqlSource.Csv(_areas) });

        Assert.Equal([("north", 1L, 1.0, 1L)], Rows());
    }

    [Fact]
    public async Task IngestSqlAsync_EveryKindOfFile_IsATable()
    {
        var json = _temp.Combine("x.jsonl");
        File.WriteAllText(json, "{\"area\":\"json\",\"n\":1}\n");
        var parquet = _temp.Combine("x.parquet");
        using (var session = _store.Offline.OpenSession())
        {
            session.Execute($"COPY (SELECT 'parquet' AS area, 2 AS n) TO '{parquet}' (FORMAT parquet)");
        }

        using var table = new System.Data.DataTable();
        table.Columns.Add("area", typeof(string));
        table.Columns.Add("n", typeof(int));
        table.Rows.Add("reader", 3);
        using var reader = table.CreateDataReader();

        var result = await _store.IngestSqlAsync(
            "areas",
            """
            SELECT area, make_timestamp(n::BIGINT) AS t, NULL::DOUBLE AS total, n::BIGINT AS sales
            FROM (SELECT area, n::INTEGER AS n FROM j UNION ALL SELECT area, n FROM p UNION ALL SELECT area, n FROM r) ORDER BY n;
            """,
            new Dictionary<string, SqlSource> { ["j"] = SqlSource.JsonLines(json), ["p"] = SqlSource.Parquet(parquet), ["r"] = SqlSource.Reader(reader) });

        Assert.Equal(3, result.RowCount);
        Assert.Equal(["json", "parquet", "reader"], Reading.Column<string>(_store, Areas, "area"));
    }

    [Theory]
    [InlineData("SELECT nothing FROM sales", "to be one SELECT over 'sales', 'areas', but DuckDB says: ")]
    [InlineData("DROP TABLE sales", "to be one SELECT over 'sales', 'areas', but ")]
    [InlineData("COPY areas TO 'x.csv'", "to be one SELECT over 'sales', 'areas', but ")]
    [InlineData("SET threads = 1", "to be one SELECT over 'sales', 'areas', but found a statement of another kind")]
    [InlineData("-- nothing", "to be one SELECT over 'sales', 'areas', but there is no statement in it")]
    [InlineData("SELECT 1; SELECT 2", "to be one SELECT over 'sales', 'areas', but found 2 statements")]
    [InlineData("SELECT 1) x; DROP VIEW sales; SELECT * FROM (SELECT 1", "to be one SELECT over 'sales', 'areas', but DuckDB says: Parser Error: ")]
    [InlineData("SELECT error('boom')", "to be computed over all rows of 'sales', 'areas', but it cannot be (Invalid Input Error: boom).")]
    [InlineData("SELECT CASE WHEN shop IS NOT NULL THEN error(shop)::INTEGER END AS x FROM areas", "to be computed over all rows of 'sales', 'areas', but it cannot be (Invalid Input Error).")]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')", "to be one SELECT over 'sales', 'areas', but DuckDB says: ")]
    [InlineData("SELECT area, now() AS t, 1.0::DOUBLE AS total, shop::BIGINT AS sales FROM areas", "to be computed over all rows of 'sales', 'areas', but it cannot be (Conversion Error: Could not convert string … to INT64")]
    [InlineData("SELECT area, now() AS t, 1.0::DOUBLE AS total FROM areas", "Expected a column 'sales' for feature view 'areas' version 1 in the SQL, but found 'area', 't', 'total'.")]
    [InlineData("SELECT area, now() AS t, 1.0::DOUBLE AS total, 1.5 AS sales FROM areas", "Expected column 'sales' of the SQL to be an Int64 for feature view 'areas' version 1, but found DECIMAL(2,1), which does not fit without loss. Convert it: Expressions[\"sales\"] = \"sales::BIGINT\".")]
    public async Task IngestSqlAsync_WrongSql_IsRefusedByASentence(string sql, string message)
    {
        await IngestSalesAsync(("a", 1, 1));

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestSqlAsync("areas", sql, Sources));

        Assert.True(e.Message.Contains(message, StringComparison.Ordinal), e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Empty(Rows());
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("__x")]
    [InlineData("raw_rows")]
    public async Task IngestSqlAsync_NameThatIsNotAllowed_IsRefused(string name)
        => await Assert.ThrowsAsync<ArgumentException>(() => _store.IngestSqlAsync("areas", "SELECT 1", new Dictionary<string, SqlSource> { [name] = SqlSource.View("sales") }));

    public void Dispose() => _temp.Dispose();

    private List<(string Area, long Time, double Total, long Sales)> Rows()
        => Reading.Rows(_store, Areas, "area, epoch_us(event_time), total, sales", row => ((string)row[0]!, (long)row[1]!, (double)row[2]!, (long)row[3]!));

    private Task<IngestResult> IngestSalesAsync(params (string Shop, int Microseconds, double Amount)[] rows)
        => _store.IngestAsync("sales", rows.Select(row => new Sale(row.Shop, DateTimeOffset.UnixEpoch.AddMicroseconds(row.Microseconds), row.Amount)));

    private sealed record Sale(string Shop, DateTimeOffset T, double Amount);
}
