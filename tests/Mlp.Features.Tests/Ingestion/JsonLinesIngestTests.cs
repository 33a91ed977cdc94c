using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class JsonLinesIngestTests : IDisposable
{
    private const string Time = "\"t\":\"2026-01-01T00:00:00Z\"";

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("readings")
        .Key("k", EntityValueKind.String).EventTime("t").CreatedTimeEqualsEventTime()
        .Feature("n", FeatureType.Int64).Feature("x", FeatureType.Float64).Feature("y", FeatureType.Float32).Feature("b", FeatureType.Boolean).Feature("s", FeatureType.String).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public JsonLinesIngestTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    [Fact]
    public async Task IngestJsonLinesAsync_EveryKindOfValue_IsTakenExactly()
    {
        var path = Write(
            $$"""{"k":"a",{{Time}},"n":9007199254740993,"x":0.1,"y":0.1,"b":true,"s":"a\u00e9\n\"","more":[1,{"z":2}]}""",
            "",
            $$"""{"s":"","y":1e-3,"b":false,"x":"NaN","n":-9223372036854775808,{{Time}},"k":"b"}""" + "\r",
            $$"""{"k":null,"t":"2026-01-01T01:00:00.0000001+01:00","n":null}""");

        var result = await _store.IngestJsonLinesAsync("readings", path, batchId: "one");

        Assert.Equal((3, 1), (result.RowCount, result.NullKeyRowCount));
        Assert.Equal([9_007_199_254_740_993, long.MinValue, null], Reading.Rows(_store, View, "n", row => (long?)row[0]));
        Assert.Equal([0.1, double.NaN, null], Reading.Rows(_store, View, "x", row => (double?)row[0]));
        Assert.Equal([0.1f, 0.001f, null], Reading.Rows(_store, View, "y", row => (float?)row[0]));
        Assert.Equal([true, false, null], Reading.Rows(_store, View, "b", row => (bool?)row[0]));
        Assert.Equal(["aé\n\"", "", null], Reading.Rows(_store, View, "s", row => (string?)row[0]));
        Assert.Equal([1_767_225_600_000_000, 1_767_225_600_000_000, 1_767_225_600_000_001], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
        Assert.True((await _store.IngestJsonLinesAsync("readings", path, batchId: "one")).IsRepeated);
    }

    [Theory]
    [InlineData("\"n\":\"5\"", "n", "an Int64", "no whole number of 64 bits")]
    [InlineData("\"n\":1.5", "n", "an Int64", "no whole number of 64 bits")]
    [InlineData("\"n\":1e3", "n", "an Int64", "no whole number of 64 bits")]
    [InlineData("\"n\":9223372036854775808", "n", "an Int64", "no whole number of 64 bits")]
    [InlineData("\"x\":\"0.5\"", "x", "a Float64", "no number of 64 bits")]
    [InlineData("\"x\":1e999", "x", "a Float64", "no number of 64 bits")]
    [InlineData("\"y\":1e39", "y", "a Float32", "no number of 32 bits")]
    [InlineData("\"b\":\"true\"", "b", "a Boolean", "neither true nor false")]
    [InlineData("\"b\":1", "b", "a Boolean", "neither true nor false")]
    [InlineData("\"s\":5", "s", "a String", "no text")]
    [InlineData("\"s\":{\"a\":1}", "s", "a String", "no text")]
    public async Task IngestJsonLinesAsync_ValueOfAnotherKind_NamesRowLineAndColumn(string member, string column, string expected, string found)
    {
        var path = Write($$"""{"k":"a",{{Time}},"n":1,"x":1,"y":1,"b":true,"s":""}""", "", $$"""{"k":"a",{{Time}},{{member}}}""");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("readings", path));

        Assert.Equal($"Expected column '{column}' of '{path}' to be {expected} for feature view 'readings' version 1, but the value in row 2 (line 3) is {found}.", e.Message);
        Assert.Equal((column, 2L, 3L), (e.Column, e.Row, e.Line));
        Assert.Empty(Reading.Column<string>(_store, View, "k"));
    }

    [Theory]
    [InlineData("""{"k":"a","t":1767225600}""", "column 't'", "is no time")]
    [InlineData("""{"k":5,"t":"2026-01-01T00:00:00Z"}""", "column 'k'", "is no text")]
    [InlineData("""{"k":"a"}""", "column 't'", "found none")]
    public async Task IngestJsonLinesAsync_WrongKeyOrTime_SaysSo(string line, string column, string found)
    {
        var path = Write($$"""{"k":"a",{{Time}},"n":1,"x":1,"y":1,"b":true,"s":""}""", line);

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("readings", path));

        Assert.Contains(column, e.Message, StringComparison.Ordinal);
        Assert.Contains(found, e.Message, StringComparison.Ordinal);
        Assert.Equal((2L, 2L), (e.Row, e.Line));
    }

    [Theory]
    [InlineData("[1,2]")]
    [InlineData("5")]
    [InlineData("{\"k\":\"a\"")]
    [InlineData("{\"k\":\"a\"} {\"k\":\"b\"}")]
    [InlineData("{\"k\":\"\\ud800\"}")]
    [InlineData("{'k':1}")]
    public async Task IngestJsonLinesAsync_NotOneObject_NamesTheLine(string line)
    {
        var path = Write($$"""{"k":"a",{{Time}}}""", line);

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("readings", path));

        Assert.Equal($"Expected one JSON object in every line of '{path}' (UTF-8), but found something else in line 2.", e.Message);
        Assert.Equal(2, e.Line);
    }

    [Fact]
    public async Task IngestJsonLinesAsync_MemberTwice_IsRefused()
    {
        var path = Write($$"""{"k":"a",{{Time}},"k":"b"}""");
        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("readings", path));
        Assert.Equal($"Expected every member once in each line of '{path}', but found 'k' twice in line 1.", e.Message);

        path = Write($$"""{"k":"a",{{Time}}}""", $$"""{"K":"a",{{Time}}}""");
        e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("readings", path));
        Assert.Equal($"Expected the member names of '{path}' to be unique without regard to case, but 'K' in line 2 stands in the file in another case too.", e.Message);
    }

    [Fact]
    public async Task IngestJsonLinesAsync_ColumnThatNoLineHas_IsNamed()
    {
        var path = Write($$"""{"k":"a",{{Time}},"n":1,"x":1,"y":1,"b":true}""");

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("readings", path));

        Assert.Equal($"Expected a column 's' for feature view 'readings' version 1 in '{path}', but found 'k', 't', 'n', 'x', 'y', 'b'.", e.Message);
    }

    [Fact]
    public async Task IngestJsonLinesAsync_ExpressionsAndFilter_SeeTexts()
    {
        var path = Write("""{"id":7,"at":{"seconds":1767225600},"n":1}""", """{"id":8,"at":{},"n":"bad"}""");
        var options = new JsonLinesIngestOptions { Filter = "id <> '8'" };
        options.Columns["n"] = "n";
        options.Expressions["k"] = "'id ' || id";
        options.Expressions["t"] = "to_timestamp(regexp_extract(\"at\", '[0-9]+')::BIGINT)";
        options.Expressions["x"] = "n::DOUBLE / 2";
        options.Expressions["y"] = "NULL::FLOAT";
        options.Expressions["b"] = "NULL::BOOLEAN";
        options.Expressions["s"] = "\"at\"";

        Assert.Equal(1, (await _store.IngestJsonLinesAsync("readings", path, options)).RowCount);
        Assert.Equal([("id 7", 0.5, "{\"seconds\":1767225600}")], Reading.Rows(_store, View, "k, x, s", row => ((string)row[0]!, (double)row[1]!, (string)row[2]!)));
    }

    [Fact]
    public async Task IngestJsonLinesAsync_EmptyFile_IsAnEmptyBatch()
        => Assert.Equal(0, (await _store.IngestJsonLinesAsync("readings", Write())).RowCount);

    [Fact]
    public async Task IngestJsonLinesAsync_ManyLinesAndLongOnes_ComeInOrder()
    {
        var lines = Enumerable.Range(0, 10_000).Select(i => $$"""{"k":"k{{i}}",{{Time}},"n":{{i}},"x":{{i}}.5,"y":0,"b":true,"s":"{{new string('x', i % 1000 == 0 ? 200_000 : 1)}}"}""");

        Assert.Equal(10_000, (await _store.IngestJsonLinesAsync("readings", Write([.. lines]))).RowCount);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (long)i), Reading.Column<long>(_store, View, "n"));
        Assert.Equal(10, Reading.Column<long>(_store, View, "length(s)").Count(length => length == 200_000));
    }

    public void Dispose() => _temp.Dispose();

    private string Write(params string[] lines)
    {
        var path = _temp.Combine($"{Guid.NewGuid():N}.jsonl");
        File.WriteAllText(path, string.Join('\n', lines));
        return path;
    }
}
