using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>SQL of a caller sees its sources, no other file, and changes nothing.</summary>
public sealed class SqlConfinementTests : IDisposable
{
    private static readonly FeatureViewDefinition View = Create("v");
    private static readonly FeatureViewDefinition Other = Create("other");

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;
    private readonly string _csv;

    public SqlConfinementTests()
    {
        _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Add(Other).Build());
        _csv = _temp.Combine("rows.csv");
        File.WriteAllText(_csv, "id,t,f\n1,2026-01-01,5\n2,2026-01-02,6\n");
    }

    private string Offline => _temp.Combine("ml-data", "features", "offline");

    public static TheoryData<string> OtherFiles => new()
    {
        "read_parquet('{0}/other/**/*.parquet')",
        "read_parquet('{0}/v/**/*.parquet')",
        "read_csv('{0}/../../../secret.csv')",
        "'{0}/../../../secret.csv'",
        "(SELECT size AS id, t, 1.0::DOUBLE AS f FROM read_text('{0}/../../../secret.csv'), a)",
        "(SELECT 1 AS id, now() AS t, count(*)::DOUBLE AS f FROM glob('{0}/**'))",
    };

    [Theory]
    [MemberData(nameof(OtherFiles))]
    public async Task IngestSqlAsync_FileThatIsNoSource_IsNotSeen(string relation)
    {
        await _store.IngestCsvAsync("other", _csv);
        File.WriteAllText(_temp.Combine("secret.csv"), "id,t,f\n4711,2026-01-01,5\n");
        var sql = $"SELECT id::BIGINT AS id, t::TIMESTAMP AS t, f::DOUBLE AS f FROM {relation.Replace("{0}", Offline, StringComparison.Ordinal)}";

        var commits = Commits("v");
        try
        {
            // A folder that cannot be listed has no files.
            Assert.Equal(0, (await _store.IngestSqlAsync("v", $"{sql} WHERE f > 0", new Dictionary<string, SqlSource> { ["a"] = SqlSource.Csv(_csv) })).RowCount);
            Assert.Contains("glob(", relation, StringComparison.Ordinal);
        }
        catch (IngestException e)
        {
            Assert.Contains("to be one SELECT over 'a', but DuckDB says: ", e.Message, StringComparison.Ordinal);
            Assert.Equal(commits, Commits("v"));
        }
    }

    [Theory]
    [InlineData("SELECT 1) x; COPY (SELECT 42) TO '{0}/evil.csv'; SELECT * FROM (SELECT id::BIGINT AS id, t::TIMESTAMP AS t, f::DOUBLE AS f FROM a")]
    [InlineData("COPY (SELECT 42) TO '{0}/evil.csv'")]
    [InlineData("SELECT 1; COPY (SELECT 42) TO '{0}/evil.csv'")]
    [InlineData("SELECT * FROM query('COPY (SELECT 42) TO ''{0}/evil.csv''')")]
    [InlineData("ATTACH '{0}/evil.csv' AS evil")]
    [InlineData("EXPORT DATABASE '{0}'")]
    public async Task IngestSqlAsync_AnotherStatement_IsRefusedAndWritesNothing(string sql)
    {
        await _store.IngestCsvAsync("other", _csv);
        var before = Directory.GetFileSystemEntries(Offline, "*", SearchOption.AllDirectories);

        var e = await Assert.ThrowsAsync<IngestException>(
            () => _store.IngestSqlAsync("v", sql.Replace("{0}", Offline, StringComparison.Ordinal), new Dictionary<string, SqlSource> { ["a"] = SqlSource.View("other") }));

        Assert.StartsWith("Expected the SQL for feature view 'v' version 1 to be one SELECT over 'a', but ", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(Offline, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("FROM a")]
    [InlineData("WITH x AS (SELECT * FROM a) SELECT * FROM x;\n")]
    [InlineData("VALUES (1::BIGINT, now(), 1.0::DOUBLE), (2, now(), 2) -- rows")]
    public async Task IngestSqlAsync_EveryFormOfASelect_IsTaken(string sql)
    {
        await _store.IngestCsvAsync("other", _csv);
        var options = new SqlIngestOptions();
        if (sql.StartsWith("VALUES", StringComparison.Ordinal))
        {
            (options.Columns["id"], options.Columns["t"], options.Columns["f"]) = ("col0", "col1", "col2");
        }
        else
        {
            options.Columns["t"] = "event_time";
        }

        Assert.Equal(2, (await _store.IngestSqlAsync("v", sql, new Dictionary<string, SqlSource> { ["a"] = SqlSource.View("other") }, options)).RowCount);
    }

    [Theory]
    [InlineData("(SELECT count(*) FROM read_csv('/etc/passwd')) > 0")]
    [InlineData("EXISTS (FROM read_parquet('{0}/**/*.parquet'))")]
    [InlineData("1=1); DROP TABLE raw_rows; --")]
    [InlineData("1=1); SELECT 1; --")]
    [InlineData("true) AS x FROM raw_rows UNION ALL SELECT (true")]
    [InlineData("count(*) > 1")]
    [InlineData("true; SELECT 1")]
    [InlineData("nothing > 1")]
    [InlineData("")]
    public async Task IngestCsvAsync_FilterThatIsNoConditionOverTheColumns_IsRefused(string filter)
    {
        await _store.IngestCsvAsync("other", _csv);
        var options = new CsvIngestOptions { Filter = filter.Replace("{0}", Offline, StringComparison.Ordinal) };

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("v", _csv, options));

        Assert.StartsWith($"Expected the filter for '{_csv}' to be an SQL condition over its columns, but ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(0, Commits("v"));
    }

    [Theory]
    [InlineData("(SELECT count(*)::DOUBLE FROM read_csv('/etc/passwd'))")]
    [InlineData("1.0::DOUBLE) AS x FROM raw_rows; COPY (SELECT 1) TO '{0}/evil.csv'; SELECT (1")]
    [InlineData("max(f)::DOUBLE")]
    public async Task IngestCsvAsync_ExpressionThatIsNoneOverTheColumns_IsRefused(string expression)
    {
        var options = new CsvIngestOptions();
        options.Expressions["f"] = expression.Replace("{0}", _temp.Combine("ml-data"), StringComparison.Ordinal);

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("v", _csv, options));

        Assert.StartsWith($"Expected the expression for column 'f' of feature view 'v' version 1 to be SQL over the columns of '{_csv}', but ", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_temp.Combine("ml-data", "evil.csv")));
    }

    [Fact]
    public async Task IngestCsvAsync_SubSelectsAndCommentsOverTheColumns_AreTaken()
    {
        var options = new CsvIngestOptions { Filter = "id::INT <= (SELECT max(id::INT) FROM raw_rows) -- all" };
        options.Expressions["f"] = "f::DOUBLE * 2 -- twice";

        Assert.Equal(2, (await _store.IngestCsvAsync("v", _csv, options)).RowCount);
        Assert.Equal([10.0, 12.0], Reading.Column<double>(_store, View, "f"));
    }

    [Fact]
    public async Task IngestCsvAsync_ColumnInColumnsAndExpressions_IsRefused()
    {
        var options = new CsvIngestOptions();
        options.Columns["f"] = "f";
        options.Expressions["f"] = "f::DOUBLE";

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("v", _csv, options));

        Assert.Equal($"Expected the options for '{_csv}' to say once where column 'f' of feature view 'v' version 1 comes from, but both Columns and Expressions name it.", e.Message);
    }

    [Fact]
    public async Task IngestCsvAsync_WithSql_GivesTheBitsAndOrderOfTheSource()
    {
        File.WriteAllText(_csv, "id,t,f\n3,2026-01-01,-0.0\n1,2026-01-01,0\n2,2026-01-01,nan\n9,2026-01-01,5e-324\n");
        var options = new CsvIngestOptions { Filter = "id <> '9' OR true" };

        await _store.IngestCsvAsync("v", _csv, options);

        Assert.Equal([3L, 1, 2, 9], Reading.Column<long>(_store, View, "id"));
        Assert.Equal([-0.0, 0.0, double.NaN, 5e-324], Reading.Column<double>(_store, View, "f").Select(value => value));
        Assert.Equal([true, false], Reading.Column<double>(_store, View, "f").Take(2).Select(double.IsNegative));
        Assert.Empty(Directory.GetFileSystemEntries(_temp.Combine("ml-data", "features", "tmp")));
    }

    public void Dispose() => _temp.Dispose();

    private static FeatureViewDefinition Create(string name)
        => new FeatureViewBuilder(name).Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("f", FeatureType.Float64).Build();

    private long Commits(string view) => _store.Offline.Open(view == "v" ? View : Other).LastCommit()?.Number ?? 0;
}
