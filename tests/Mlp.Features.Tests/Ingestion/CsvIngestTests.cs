using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class CsvIngestTests : IDisposable
{
    private const string Header = "company,area,trip_end,trips,mean_fare,share,big,motto\n";

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("stats")
        .Key("company", EntityValueKind.String).Key("area", EntityValueKind.Int64).EventTime("trip_end").CreatedTimeEqualsEventTime()
        .Feature("trips", FeatureType.Int64).Feature("mean_fare", FeatureType.Float32).Feature("share", FeatureType.Float64)
        .Feature("big", FeatureType.Boolean).Feature("motto", FeatureType.String).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public CsvIngestTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task IngestCsvAsync_WellFormedFile_ReadsEveryType(string lineEnd)
    {
        var result = await IngestAsync((Header
            + "Flash Cab,8,2026-01-01T00:00:00Z,3,0.1,1e-3,true,\"a, \"\"b\"\"\nc\"\n"
            + ",,2026-01-01 02:00:00.0000001+02:00,-4,nan,.5,f,\"\"\n"
            + "\"\",7,2026-01-02,,,,,\n").Replace("\n", lineEnd, StringComparison.Ordinal));

        Assert.Equal(3, result.RowCount);
        Assert.Equal(1, result.NullKeyRowCount);
        Assert.Equal(["Flash Cab", "<null>", ""], Column<string>("coalesce(company, '<null>')"));
        Assert.Equal([8, -1, 7], Column<long>("coalesce(area, -1)"));
        var midnight = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        Assert.Equal([midnight, midnight + 1, midnight + 86_400_000_000], Column<long>("epoch_us(event_time)"));
        Assert.Equal(Column<long>("epoch_us(event_time)"), Column<long>("epoch_us(created_time)"));
        Assert.Equal([3, -4, 0], Column<long>("coalesce(trips, 0)"));
        Assert.Equal([0.1f, float.NaN, -1], Column<float>("coalesce(mean_fare, -1)"));
        Assert.Equal([1e-3, 0.5, -1], Column<double>("coalesce(share, -1)"));
        Assert.Equal([true, false, false], Column<bool>("coalesce(big, false)"));
        Assert.Equal([$"a, \"b\"{lineEnd}c", "", "<null>"], Column<string>("coalesce(motto, '<null>')"));
    }

    public static TheoryData<string, string, string, long?, long?> Bad => new()
    {
        { "a,1,2026-01-01,1,1,1,true,x\na,1,2026-01-01,1,12x,1,true,x\n", "Expected column 'mean_fare' of '{0}' to be a Float32 for feature view 'stats' version 1, but the text in row 2 (line 3) is no number of 32 bits.", "mean_fare", 2, 3 },
        { "a,1,2026-01-01,1,1,1,true,\"two\nlines\"\na,1,2026-01-01,1.5,1,1,true,x\n", "Expected column 'trips' of '{0}' to be an Int64 for feature view 'stats' version 1, but the text in row 2 (line 4) is no whole number of 64 bits.", "trips", 2, 4 },
        { "a,1,2026-01-01,1,1e60,1,true,x\n", "Expected column 'mean_fare' of '{0}' to be a Float32 for feature view 'stats' version 1, but the text in row 1 (line 2) is no number of 32 bits.", "mean_fare", 1, 2 },
        { "a,1,2026-01-01,1_000,1,1,true,x\n", "Expected column 'trips' of '{0}' to be an Int64 for feature view 'stats' version 1, but the text in row 1 (line 2) is no whole number of 64 bits.", "trips", 1, 2 },
        { "a,1,2026-01-01,1,1,1,maybe,x\n", "Expected column 'big' of '{0}' to be a Boolean for feature view 'stats' version 1, but the text in row 1 (line 2) is neither true nor false.", "big", 1, 2 },
        { "a,x,2026-01-01,1,1,1,true,x\n", "Expected column 'area' of '{0}' to be an Int64 key for feature view 'stats' version 1, but the text in row 1 (line 2) is no whole number of 64 bits.", "area", 1, 2 },
        { "a,1,yesterday,1,1,1,true,x\n", "Expected column 'trip_end' of '{0}' to be a time for feature view 'stats' version 1, but the text in row 1 (line 2) is no time.", "trip_end", 1, 2 },
        { "a,1,infinity,1,1,1,true,x\n", "Expected column 'trip_end' of '{0}' to be a time for feature view 'stats' version 1, but the text in row 1 (line 2) is no time.", "trip_end", 1, 2 },
        { "a,1,2026-01-01,1,1,1,true,x\na,1,,1,1,1,true,x\n", "Expected column 'trip_end' of '{0}' to be a time for feature view 'stats' version 1, but found none in row 2 (line 3).", "trip_end", 2, 3 },
        { "a,1,10000-01-01,1,1,1,true,x\n", "Expected column 'trip_end' of '{0}' to be a time for feature view 'stats' version 1, but the time in row 1 (line 2) lies beyond the years 1 to 9999.", "trip_end", 1, 2 },
        { "a,1,0001-01-01,1,1,1,true,x\na,1,0002-01-01 (BC),1,1,1,true,x\n", "Expected column 'trip_end' of '{0}' to be a time for feature view 'stats' version 1, but the time in row 2 (line 3) lies beyond the years 1 to 9999.", "trip_end", 2, 3 },
        { "a,1,2026-01-01,1,1,1,true,x\na,1,2026-01-01,1,1,1,true,x,secret\n", "Expected 8 columns in every row of '{0}', but found 9 in line 3.", "", null, 3 },
        { "a,1,2026-01-01,1,1,1,true\n", "Expected 8 columns in every row of '{0}', but found 7 in line 2.", "", null, 2 },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task IngestCsvAsync_BadValue_NamesRowLineAndColumnAndCommitsNothing(string rows, string sentence, string column, long? row, long? line)
    {
        var e = await Assert.ThrowsAsync<IngestException>(() => IngestAsync(Header + rows));

        Assert.Equal(sentence.Replace("{0}", _temp.Combine("rows.csv"), StringComparison.Ordinal), e.Message);
        Assert.Equal(column, e.Column ?? string.Empty);
        Assert.Equal((row, line), (e.Row, e.Line));
        Assert.Equal(_temp.Combine("rows.csv"), e.IngestSource);
        AssertNothingCommitted();
        for (var inner = (Exception)e; inner is not null; inner = inner.InnerException)
        {
            Assert.DoesNotContain("secret", inner.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task IngestCsvAsync_MissingColumn_NamesItAndThosePresent()
    {
        var e = await Assert.ThrowsAsync<IngestException>(() => IngestAsync("company,area,trip_end\na,1,2026-01-01\n"));

        Assert.Equal(
            $"Expected a column 'trips' for feature view 'stats' version 1 in '{_temp.Combine("rows.csv")}', but found 'company', 'area', 'trip_end'.", e.Message);
        AssertNothingCommitted();
    }

    [Fact]
    public async Task IngestCsvAsync_ColumnsAndExpressions_ComputeWhatTheFileLacks()
    {
        File.WriteAllText(_temp.Combine("trips.csv"), "cab;start;seconds;fare\nFlash;1400269500;30;12.5\nFlash;1400269600;;7.25\nBad;x;1;1\n");
        var options = new CsvIngestOptions { Delimiter = ';', Filter = "cab <> 'Bad'" };
        options.Columns["company"] = "cab";
        options.Columns["mean_fare"] = "fare";
        options.Expressions["trip_end"] = "to_timestamp(start::BIGINT + coalesce(seconds::BIGINT, 0))";
        options.Expressions["area"] = "8";
        options.Expressions["trips"] = "1";
        options.Expressions["share"] = "fare::DOUBLE / 2";
        options.Expressions["big"] = "fare::DOUBLE > 10";
        options.Expressions["motto"] = "upper(cab)";

        var result = await _store.IngestCsvAsync("stats", _temp.Combine("trips.csv"), options);
        Assert.Equal(2, result.RowCount);
        Assert.Equal([1_400_269_530_000_000, 1_400_269_600_000_000], Column<long>("epoch_us(event_time)"));
        Assert.Equal([12.5f, 7.25f], Column<float>("mean_fare"));
        Assert.Equal([6.25, 3.625], Column<double>("share"));
        Assert.Equal([true, false], Column<bool>("big"));
        Assert.Equal(["FLASH", "FLASH"], Column<string>("motto"));

        options.Filter = null;
        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("stats", _temp.Combine("trips.csv"), options));
        Assert.Equal(
            $"Expected the expression for column 'trip_end' of '{_temp.Combine("trips.csv")}' to be a time for feature view 'stats' version 1, but it cannot be computed in row 3 (line 4).", e.Message);
        Assert.Equal(3, e.Row);

        options.Expressions["trips"] = "fare::DOUBLE";
        e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("stats", _temp.Combine("trips.csv"), options));
        Assert.EndsWith("to be an Int64 for feature view 'stats' version 1, but found DOUBLE, which does not fit without loss. Cast it in the expression.", e.Message, StringComparison.Ordinal);

        options.Expressions["trips"] = "nothing + 1";
        e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("stats", _temp.Combine("trips.csv"), options));
        Assert.Contains("Expected the expression for column 'trips'", e.Message, StringComparison.Ordinal);

        options.Expressions["tripz"] = "1";
        e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestCsvAsync("stats", _temp.Combine("trips.csv"), options));
        Assert.Contains("but 'tripz' is none of", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestCsvAsync_SameBatchTwice_DoesNotEvenLookAtTheFile()
    {
        await IngestAsync(Header + "a,1,2026-01-01,1,1,1,true,x\n", "b1");
        var again = await IngestAsync("no header of ours\n", "b1");

        Assert.True(again.IsRepeated);
        Assert.Single(Column<long>("trips"));
    }

    [Fact]
    public async Task IngestCsvAsync_NoFile_NamesThePath()
        => Assert.Equal(_temp.Combine("none.csv"), (await Assert.ThrowsAsync<FileNotFoundException>(() => _store.IngestCsvAsync("stats", _temp.Combine("none.csv")))).FileName);

    [Fact]
    public async Task IngestCsvAsync_ViewWithoutCreatedTime_IsRefused()
    {
        var view = new FeatureViewBuilder("open").Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64).Build();
        var store = FeatureStore.Open(_temp.Combine("other"), new FeaturesBuilder().Add(view).Build());
        File.WriteAllText(_temp.Combine("rows.csv"), "k,t,f\n1,2026-01-01,1\n");

        var e = await Assert.ThrowsAsync<IngestException>(() => store.IngestCsvAsync("open", _temp.Combine("rows.csv")));
        Assert.StartsWith("Expected feature view 'open' version 1 to name a created-time column or to say CreatedTimeEqualsEventTime", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestCsvAsync_UnknownView_NamesTheKnownOnes()
        => Assert.Equal(
            "Expected a feature view 'stat', but only 'stats' version 1 is defined.",
            (await Assert.ThrowsAsync<FeatureDefinitionException>(() => _store.IngestCsvAsync("stat", "x"))).Message);

    public void Dispose() => _temp.Dispose();

    private List<T> Column<T>(string expression) => Reading.Column<T>(_store, View, expression);

    private Task<IngestResult> IngestAsync(string content, string? batchId = null)
    {
        File.WriteAllText(_temp.Combine("rows.csv"), content);
        return _store.IngestCsvAsync("stats", _temp.Combine("rows.csv"), batchId: batchId);
    }

    private void AssertNothingCommitted()
    {
        Assert.Null(_store.Offline.Open(View).LastCommit());
        Assert.False(Directory.Exists(_temp.Combine("ml-data", "features", "offline")));
        Assert.False(Directory.Exists(_temp.Combine("ml-data", "features", "tmp")) && Directory.EnumerateFileSystemEntries(_temp.Combine("ml-data", "features", "tmp")).Any());
    }
}
