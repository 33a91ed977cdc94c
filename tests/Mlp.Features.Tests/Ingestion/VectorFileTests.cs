using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Interop;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>Vectors from CSV and Parquet files.</summary>
public sealed class VectorFileTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("vectors")
        .Key("k", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime().Vector("v", 3).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public VectorFileTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    [Fact]
    public async Task IngestCsvAsync_ListsAsText_AreVectors()
    {
        await CsvAsync("a,2026-01-01,\"[1,2.5,-3e2]\"\nb,2026-01-01,\nc,2026-01-01,\" [ nan , inf,-Infinity ] \"\n");

        Assert.Equal(["[1.0, 2.5, -300.0]", "none", "[nan, inf, -inf]"], Reading.Column<string>(_store, View, "coalesce(v::VARCHAR, 'none')"));
    }

    [Theory]
    [InlineData("[1,2]", "found one of 2 in row 2 (line 3)")]
    [InlineData("[]", "found one of 0 in row 2 (line 3)")]
    [InlineData("[1,2,3,4]", "found one of 4 in row 2 (line 3)")]
    [InlineData("[1,2,x]", "the text in row 2 (line 3) is no list of numbers of 32 bits (element 3)")]
    [InlineData("[1,2,]", "the text in row 2 (line 3) is no list of numbers of 32 bits (element 3)")]
    [InlineData("[1,2,null]", "the text in row 2 (line 3) is no list of numbers of 32 bits (element 3)")]
    [InlineData("[1,inf,1e60]", "the text in row 2 (line 3) is no list of numbers of 32 bits (element 3)")]
    [InlineData("[[1],[2],[3]]", "the text in row 2 (line 3) is no list of numbers of 32 bits (element 1)")]
    [InlineData("1", "the text in row 2 (line 3) is no list of numbers of 32 bits")]
    public async Task IngestCsvAsync_TextThatIsNoVector_IsASentence(string text, string found)
    {
        var e = await Assert.ThrowsAsync<IngestException>(() => CsvAsync($"a,2026-01-01,\"[1,2,3]\"\nb,2026-01-01,\"{text}\"\n"));

        Assert.Equal($"Expected column 'v' of '{_temp.Combine("v.csv")}' to be a vector of 3 floats for feature view 'vectors' version 1, but {found}.", e.Message);
        Assert.Equal(("v", 2L, 3L), (e.Column, e.Row, e.Line));
    }

    [Theory]
    [InlineData("[1, 2, 3]::FLOAT[]")]
    [InlineData("[1, 2, 3]::FLOAT[3]")]
    [InlineData("[1, 2, 3]::TINYINT[]")]
    public async Task IngestParquetAsync_ListsThatFit_AreVectors(string sql)
    {
        await _store.IngestParquetAsync("vectors", Write($"SELECT 'a' AS k, DATE '2026-01-01' AS t, {sql} AS v UNION ALL SELECT 'b', DATE '2026-01-02', NULL"));

        Assert.Equal(["[1.0, 2.0, 3.0]", "none"], Reading.Column<string>(_store, View, "coalesce(v::VARCHAR, 'none')"));
    }

    [Theory]
    [InlineData("[1, 2]::FLOAT[]", "found one of 2 in row 2")]
    [InlineData("[1, NULL, 2]::FLOAT[]", "found a null element (number 2) in row 2")]
    public async Task IngestParquetAsync_ListsThatDoNotFit_AreASentence(string sql, string found)
    {
        var path = Write($"SELECT 'a' AS k, DATE '2026-01-01' AS t, [1, 2, 3]::FLOAT[] AS v UNION ALL SELECT 'b', DATE '2026-01-02', {sql}");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestParquetAsync("vectors", path));
        Assert.Equal($"Expected column 'v' of '{path}' to be a vector of 3 floats for feature view 'vectors' version 1, but {found}.", e.Message);
    }

    [Theory]
    [InlineData("[1, 2, 3]::DOUBLE[]", "DOUBLE[]", " Convert it: Expressions[\"v\"] = \"v::FLOAT[]\".")]
    [InlineData("'[1, 2, 3]'", "VARCHAR", " Convert it: Expressions[\"v\"] = \"v::FLOAT[]\".")]
    [InlineData("1::FLOAT", "FLOAT", "")]
    [InlineData("[[1], [2], [3]]::FLOAT[][]", "FLOAT[][]", "")]
    public async Task IngestParquetAsync_AnotherType_NamesBothAndAWayOut(string sql, string found, string wayOut)
    {
        var path = Write($"SELECT 'a' AS k, DATE '2026-01-01' AS t, {sql} AS v");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestParquetAsync("vectors", path));
        Assert.Equal($"Expected column 'v' of '{path}' to be a vector of 3 floats for feature view 'vectors' version 1, but found {found}, which does not fit without loss.{wayOut}", e.Message);
    }

    [Fact]
    public async Task IngestParquetAsync_Expression_MayCast()
    {
        var options = new ParquetIngestOptions();
        options.Expressions["v"] = "v::FLOAT[]";
        await _store.IngestParquetAsync("vectors", Write("SELECT 'a' AS k, DATE '2026-01-01' AS t, [1, 2, 3]::DOUBLE[] AS v"), options);

        Assert.Equal(["[1.0, 2.0, 3.0]"], Reading.Column<string>(_store, View, "v::VARCHAR"));
    }

    public void Dispose() => _temp.Dispose();

    private Task<IngestResult> CsvAsync(string rows)
    {
        File.WriteAllText(_temp.Combine("v.csv"), "k,t,v\n" + rows);
        return _store.IngestCsvAsync("vectors", _temp.Combine("v.csv"));
    }

    private string Write(string select)
    {
        var path = _temp.Combine("v.parquet");
        using var session = _store.Offline.OpenSession();
        session.Execute($"COPY ({select}) TO {Sql.Text(path)} (FORMAT parquet)");
        return path;
    }
}
