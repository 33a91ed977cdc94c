using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Interop;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>DuckDB takes file names as patterns and parts of paths as values; the rows are those of the file that is named.</summary>
public sealed class FileNamesTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("sales")
        .Key("shop", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Feature("amount", FeatureType.Int64).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public FileNamesTests() => _store = FeatureStore.Open(_temp.Combine("data[1]*"), new FeaturesBuilder().Add(View).Build());

    public void Dispose()
    {
        _temp.Dispose();
    }

    [Fact]
    public async Task IngestCsvAsync_NameIsAPattern_ReadsTheFileItself()
    {
        Write("rows1.csv", "shop,t,amount\nother,2026-01-01,100\n");

        await _store.IngestCsvAsync("sales", Write("rows[1].csv", "shop,t,amount\na,2026-01-01,1\n"));

        Assert.Equal(["a 1"], Rows());
    }

    [Fact]
    public async Task IngestCsvAsync_FolderNamedLikeAPartition_LeavesTheColumnOfTheFile()
    {
        Directory.CreateDirectory(_temp.Combine("shop=b"));

        await _store.IngestCsvAsync("sales", Write(Path.Combine("shop=b", "rows.csv"), "shop,t,amount\na,2026-01-01,1\n"));

        Assert.Equal(["a 1"], Rows());
    }

    [Fact]
    public async Task IngestCsvAsync_ColumnWithoutAName_IsNotAskedFor()
    {
        await _store.IngestCsvAsync("sales", Write("rows.csv", ",shop,t,amount\n0,a,2026-01-01,1\n"));

        Assert.Equal(["a 1"], Rows());
    }

    [Fact]
    public async Task IngestParquetAsync_NameIsAPattern_ReadsTheFileItself()
    {
        WriteParquet("rows1.parquet", 100);

        await _store.IngestParquetAsync("sales", WriteParquet("rows[1].parquet", 1));

        Assert.Equal(["a 1"], Rows());
    }

    [Fact]
    public async Task IngestSqlAsync_NamesArePatterns_SeesViewAndFile()
    {
        await _store.IngestCsvAsync("sales", Write("rows[1].csv", "shop,t,amount\na,2026-01-01,1\n"));
        Write("more1.csv", "shop,amount\na,100\n");
        var sources = new Dictionary<string, SqlSource> { ["sales"] = SqlSource.View("sales"), ["more"] = SqlSource.Csv(Write("more[1].csv", "shop,amount\na,7\n")) };

        await _store.IngestSqlAsync("sales", "SELECT shop, s.event_time + INTERVAL 1 DAY AS t, m.amount::BIGINT + s.amount AS amount FROM sales s JOIN more m USING (shop)", sources);

        Assert.Equal(["a 1", "a 8"], Rows());
    }

    private List<string> Rows() => Reading.Column<string>(_store, View, "shop || ' ' || amount");

    private string Write(string name, string text)
    {
        File.WriteAllText(_temp.Combine(name), text);
        return _temp.Combine(name);
    }

    private string WriteParquet(string name, long amount)
    {
        var path = _temp.Combine(name);
        using var session = _store.Offline.OpenSession();
        session.Execute(FormattableString.Invariant($"COPY (SELECT 'a' AS shop, DATE '2026-01-01' AS t, {amount}::BIGINT AS amount) TO {Sql.Text(path)} (FORMAT parquet)"));
        return path;
    }
}
