using System.Data;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.Online;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>Texts and keys that are no Unicode, and rows that are too long, are refused at every way in.</summary>
public sealed class TextRuleTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Lone = "a surrogate without its pair at position";

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Place>().AddService("places", 1, s => s.From<Place>()).Build();

    private readonly FeatureStoreHarness _harness = new(Catalog);

    private FeatureStore Store => _harness.Store;

    public Task InitializeAsync()
    {
        // Pages as they are by default, on which the longest row fits.
        (_harness.Options.Online.PageSize, _harness.Options.Online.SegmentSize, _harness.Options.Online.MemorySize) = (4 << 20, 4 << 20, 32 << 20);
        return _harness.OpenAsync();
    }

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Theory]
    [InlineData("<d800>", "x", "area", 0)]
    [InlineData("a", "ab<dc00>", "city", 2)]
    [InlineData("a", "<dc00><d800>", "city", 0)]
    public async Task IngestAndPush_RecordWithHalfOfAPair_NameColumnAndRow(string area, string city, string column, int position)
    {
        Place[] records = [At("a", "\ud83d\ude00"), At(Halves(area), Halves(city))];

        var ingest = await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync<Place>(records));
        var push = await Assert.ThrowsAsync<IngestException>(async () => await Store.PushAsync<Place>(records));

        Assert.Equal($"Expected column '{column}' of the records to hold texts of valid Unicode for feature view 'place' version 1, but found {Lone} {position} in row 2.", ingest.Message);
        Assert.Equal($"Expected column '{column}' of the pushed records to hold texts of valid Unicode for feature view 'place' version 1, but found {Lone} {position} in row 2.", push.Message);
        Assert.Equal((column, 2L), (push.Column, push.Row));
        await Store.FlushAsync();
        Assert.Null(Reading.View<Place>(Store).LastCommit());
    }

    [Fact]
    public async Task IngestAndPush_ArrowBytesThatAreNoText_NameColumnAndRow()
    {
        var bytes = new ArrowBuffer.Builder<byte>().AppendRange([(byte)'a', (byte)'b', 0xED, 0xA0, 0x80]).Build();
        StringArray Broken(params int[] offsets) => new(offsets.Length - 1, new ArrowBuffer.Builder<int>().AppendRange(offsets).Build(), bytes, ArrowBuffer.Empty);
        var city = Broken(0, 1, 5);
        var area = new StringArray.Builder().Append("a").Append("b").Build();
        var view = new StringViewArray.Builder().Append("a").Append(new byte[] { (byte)'b', 0xED, 0xA0, 0x80 }.AsSpan()).Build();
        const string expected = "Expected column '{0}' of the Arrow batch to hold texts of valid Unicode for feature view 'place' version 1, but found a byte that is no UTF-8 at position 1 in row 2.";

        Assert.Equal(expected.Replace("{0}", "city", StringComparison.Ordinal), (await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync("place", Batch(area, city)))).Message);
        Assert.Equal(expected.Replace("{0}", "area", StringComparison.Ordinal), (await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync("place", Batch(city, area)))).Message);
        Assert.Equal(expected.Replace("{0}", "city", StringComparison.Ordinal), (await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync("place", Batch(area, view)))).Message);
        Assert.Contains("'city' of the pushed Arrow batch", (await Assert.ThrowsAsync<IngestException>(async () => await Store.PushAsync("place", Batch(area, city)))).Message, StringComparison.Ordinal);

        // Two halves of one letter are no texts, though the bytes of both together are.
        bytes = new ArrowBuffer.Builder<byte>().AppendRange([(byte)0xC3, (byte)0xA9]).Build();
        Assert.Contains("at position 0 in row 1.", (await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync("place", Batch(area, Broken(0, 1, 2))))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestReaderAsync_HalfOfAPair_NamesColumnAndRow()
    {
        using var table = new DataTable();
        table.Columns.Add("area", typeof(string));
        table.Columns.Add("at", typeof(DateTime));
        table.Columns.Add("city", typeof(string));
        table.Rows.Add("a", DateTime.UnixEpoch, "c");
        table.Rows.Add("a", DateTime.UnixEpoch, "\udfff");
        using var reader = table.CreateDataReader();

        var e = await Assert.ThrowsAsync<IngestException>(() => Store.IngestReaderAsync("place", reader));

        Assert.Equal($"Expected column 'city' of the data reader to hold texts of valid Unicode for feature view 'place' version 1, but found {Lone} 0 in row 2.", e.Message);
    }

    [Fact]
    public async Task TrainingSetAndHistory_QuestionWithHalfOfAPair_NameColumnAndRow()
    {
        await Store.IngestAsync<Place>([At("a", "x")]);
        var now = _harness.Clock.GetUtcNow();

        var e = await Assert.ThrowsAsync<SpineException>(() => Store.CreateTrainingSetAsync("places", [new Question("a", now, "x"), new Question("\ud800", now, "x")], "at"));
        Assert.Equal($"Expected texts of valid Unicode in column 'area' of the rows, but found {Lone} 0 in row 2.", e.Message);
        Assert.Equal(("area", 2L), (e.Column, e.Row));

        e = await Assert.ThrowsAsync<SpineException>(() => Store.CreateTrainingSetAsync("places", [new Question("a", now, "x\udc00")], "at"));
        Assert.Equal($"Expected texts of valid Unicode in column 'note' of the rows, but found {Lone} 1 in row 1.", e.Message);

        e = await Assert.ThrowsAsync<SpineException>(() => BatchStream.DrainAsync(Store.ReadHistoryAsync("place", [new { Area = "\ud800" }], new FeatureHistoryOptions { AsOf = now })));
        Assert.Contains("'area'", e.Message, StringComparison.Ordinal);
        Assert.Contains(Lone, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestAndPush_RowThatIsTooLong_NameColumnAndRow()
    {
        var city = new string('x', RowLength.Maximum - 20);
        await Store.IngestAsync<Place>([At("a", city)]);
        Place[] records = [At("a", "x"), At(new string('k', 40), city)];
        const string found = "to hold a row of at most 4,000,000 bytes of keys, texts and vectors for feature view 'place' version 1, but found one of 4,000,020 in row 2.";

        Assert.Equal($"Expected column 'city' of the records {found}", (await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync<Place>(records))).Message);
        Assert.Equal($"Expected column 'city' of the pushed records {found}", (await Assert.ThrowsAsync<IngestException>(async () => await Store.PushAsync<Place>(records, PushTarget.Offline))).Message);

        var batch = Batch(Texts(records.Select(record => record.Area!)), Texts(records.Select(record => record.City!)));
        var e = await Assert.ThrowsAsync<IngestException>(() => Store.IngestAsync("place", batch));
        Assert.StartsWith("Expected column 'city' of the Arrow batch to hold a row of at most 4,000,000 bytes", e.Message, StringComparison.Ordinal);
        Assert.Equal(("city", 2L), (e.Column, e.Row));
        Assert.Equal(1, Reading.View<Place>(Store).LastCommit()?.RowCount);
    }

    [Fact]
    public async Task IngestFileAsync_RowThatIsTooLong_NamesColumnRowAndLine()
    {
        var path = Path.Combine(_harness.Root, "long.jsonl");
        await File.WriteAllLinesAsync(
            path, new[] { ("a", "x"), (new string('k', 2_500_000), new string('x', 1_600_000)) }.Select(row => $$"""{"area":"{{row.Item1}}","at":"2026-01-01","city":"{{row.Item2}}"}"""));

        var e = await Assert.ThrowsAsync<IngestException>(() => Store.IngestJsonLinesAsync("place", path));

        Assert.Equal(
            $"Expected column 'area' of '{path}' to be part of a row of at most 4,000,000 bytes of keys, texts and vectors for feature view 'place' version 1, but found one of 4,100,000 in row 2 (line 2).", e.Message);
        Assert.Equal(("area", 2L, 2L), (e.Column, e.Row, e.Line));
    }

    private static RecordBatch Batch(StringArray area, IArrowArray city)
    {
        var times = new Int64Array.Builder().AppendRange(Enumerable.Repeat(1L, area.Length)).Build();
        return new RecordBatch(
            new Schema([new Field("area", area.Data.DataType, true), new Field("at", Int64Type.Default, true), new Field("city", city.Data.DataType, true)], null), [area, times, city], area.Length);
    }

    // What is no Unicode does not survive the way of test data through the runner.
    private static string Halves(string text)
        => text.Replace("<d800>", "\ud800", StringComparison.Ordinal).Replace("<dc00>", "\udc00", StringComparison.Ordinal);

    private static StringArray Texts(IEnumerable<string> texts) => new StringArray.Builder().AppendRange(texts).Build();

    private Place At(string area, string city) => new(area, _harness.Clock.GetUtcNow(), city);

    [FeatureView("place", CreatedTimeEqualsEventTime = true)]
    public sealed record Place([EntityKey] string? Area, [EventTimestamp] DateTimeOffset At, [Feature] string? City);

    private sealed record Question(string Area, DateTimeOffset At, string Note);
}
