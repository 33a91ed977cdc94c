using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>Options and encodings of CSV files, and sources without rows.</summary>
public sealed class CsvOptionsTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("v")
        .Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature("f", FeatureType.Float32).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;
    private readonly string _path;

    public CsvOptionsTests()
    {
        _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());
        _path = _temp.Combine("rows.csv");
        File.WriteAllText(_path, "id,t,f\n1,2026-01-01,5\n");
    }

    public static TheoryData<CsvIngestOptions, string> WrongOptions => new()
    {
        { new CsvIngestOptions { Delimiter = '\n' }, "Expected CsvIngestOptions.Delimiter to be one visible character, a space or a tab, but found U+000A." },
        { new CsvIngestOptions { Quote = '\0' }, "Expected CsvIngestOptions.Quote to be one visible character, a space or a tab, but found U+0000." },
        { new CsvIngestOptions { Delimiter = '"' }, "Expected CsvIngestOptions.Delimiter to be another character than Quote, but both are '\"'." },
        { new CsvIngestOptions { NullText = null! }, "Expected CsvIngestOptions.NullText to be a text without delimiter, quote and line end (empty, unless nulls are written otherwise), but found null." },
        { new CsvIngestOptions { NullText = "a,b" }, "Expected CsvIngestOptions.NullText to be a text without delimiter, quote and line end (empty, unless nulls are written otherwise), but found one with such." },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public async Task IngestCsvAsync_OptionThatCannotBe_IsNamed(CsvIngestOptions options, string sentence)
    {
        Assert.Equal(sentence, (await Assert.ThrowsAsync<ArgumentException>(() => _store.IngestCsvAsync("v", _path, options))).Message);
        var sources = new Dictionary<string, SqlSource> { ["a"] = SqlSource.Csv(_path, options) };
        Assert.Equal(sentence, (await Assert.ThrowsAsync<ArgumentException>(() => _store.IngestSqlAsync("v", "FROM a", sources))).Message);
    }

    [Theory]
    [InlineData(1200, "UTF-16")]
    [InlineData(1201, "UTF-16")]
    [InlineData(12000, "UTF-32")]
    public async Task IngestCsvAsync_OtherEncoding_IsNamed(int codePage, string name)
    {
        await File.WriteAllTextAsync(_path, await File.ReadAllTextAsync(_path), Encoding.GetEncoding(codePage));

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("v", _path));

        Assert.Equal($"Expected UTF-8 in '{_path}', but it begins with the mark of {name}. Write it as UTF-8.", e.Message);
    }

    [Theory]
    [InlineData(';', "';'")]
    [InlineData('\t', "a tab")]
    public async Task IngestCsvAsync_OtherDelimiter_IsGuessedInTheSentence(char delimiter, string named)
    {
        await File.WriteAllTextAsync(_path, (await File.ReadAllTextAsync(_path)).Replace(',', delimiter));

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("v", _path));

        Assert.EndsWith($" If {named} stands between its values, say so: CsvIngestOptions.Delimiter.", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await _store.IngestCsvAsync("v", _path, new CsvIngestOptions { Delimiter = delimiter })).RowCount);
    }

    [Fact]
    public async Task IngestAsync_SourceWithoutRows_IsABatchUnlessItsColumnsAreUnknown()
    {
        await File.WriteAllTextAsync(_path, "id,t,f\n");
        Assert.Equal((0, 1L), await IngestedAsync(_store.IngestCsvAsync("v", _path, batchId: "empty")));
        Assert.True((await _store.IngestCsvAsync("v", _path, batchId: "empty")).IsRepeated);
        Assert.Equal((0, 2L), await IngestedAsync(_store.IngestAsync("v", BatchStream.Of())));
        var json = _temp.Combine("empty.jsonl");
        await File.WriteAllTextAsync(json, "");
        Assert.Equal((0, 3L), await IngestedAsync(_store.IngestJsonLinesAsync("v", json)));

        await File.WriteAllTextAsync(_path, "");
        Assert.Equal(
            $"Expected a header line with column names in '{_path}', but found none.", (await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("v", _path))).Message);

        static async Task<(long, long)> IngestedAsync(Task<IngestResult> ingest) => (await ingest) is var result ? (result.RowCount, result.Commit) : default;
    }

    [Fact]
    public async Task Ingest_EmptyPathOrSql_IsASentence()
    {
        Assert.StartsWith("Expected the path of a file to ingest, but found an empty text.", (await Assert.ThrowsAsync<ArgumentException>(() => _store.IngestCsvAsync("v", ""))).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected the SQL to be one SELECT, but found an empty text.",
            (await Assert.ThrowsAsync<ArgumentException>(() => _store.IngestSqlAsync("v", " ", new Dictionary<string, SqlSource>()))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestAsync_DisposedBatch_SaysSo()
    {
        var numbers = new Apache.Arrow.Int64Array.Builder().Append(1).Build();
        var batch = new Apache.Arrow.RecordBatch(
            new Apache.Arrow.Schema([new("id", Apache.Arrow.Types.Int64Type.Default, true), new("t", Apache.Arrow.Types.Int64Type.Default, true), new("f", Apache.Arrow.Types.FloatType.Default, true)], null),
            [numbers, new Apache.Arrow.Int64Array.Builder().Append(1).Build(), new Apache.Arrow.FloatArray.Builder().Append(1).Build()],
            1);
        batch.Dispose();

        var e = await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.IngestAsync("v", batch));
        Assert.StartsWith("Expected the Arrow batch to live until the task completes, but found a batch that has been disposed.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestParquetAsync_TypeThatDoesNotFit_NamesAWayOut()
    {
        var path = _temp.Combine("x.parquet");
        using (var session = _store.Offline.OpenSession())
        {
            session.Execute($"COPY (SELECT 1::BIGINT AS id, now() AS t, 1.5::DOUBLE AS f) TO '{path}' (FORMAT parquet)");
        }

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestParquetAsync("v", path));

        Assert.EndsWith("but found DOUBLE, which does not fit without loss. Declare the feature as Float64, or convert it: Expressions[\"f\"] = \"f::FLOAT\".", e.Message, StringComparison.Ordinal);
        var options = new ParquetIngestOptions();
        options.Expressions["f"] = "f::FLOAT";
        Assert.Equal(1, (await _store.IngestParquetAsync("v", path, options)).RowCount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{0}/file/below")]
    public void Open_TemporaryDirectoryThatCannotBeMade_NamesTheSetting(string folder)
    {
        File.WriteAllText(_temp.Combine("file"), string.Empty);
        var options = new FeatureStoreOptions { TemporaryDirectory = folder.Replace("{0}", _temp.FullName, StringComparison.Ordinal) };

        var e = Assert.Throws<IOException>(() => FeatureStore.Open(_temp.Combine("other"), new FeaturesBuilder().Add(View).Build(), options: options));

        Assert.StartsWith(
            $"Expected FeatureStoreOptions.TemporaryDirectory to be a folder that can be made and written to, but '{options.TemporaryDirectory}' is none (", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _temp.Dispose();
}
