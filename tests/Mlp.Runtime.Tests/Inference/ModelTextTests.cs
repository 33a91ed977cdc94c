using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Scoring;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>One rule at every door: a text is valid Unicode, and what is none is refused, never replaced.</summary>
public sealed class ModelTextTests : IDisposable
{
    /// <summary>UTF-8 as some tools write half of a surrogate pair; no UTF-8 at all.</summary>
    private static readonly byte[] Half = [(byte)'a', 0xED, 0xA0, 0x80];

    private readonly ScoredFiles _files = new();

    private readonly record struct Row(float A, float B, string C);

    private readonly record struct Answer(double Score);

    public void Dispose() => _files.Dispose();

    /// <summary>By code units: attributes are stored as UTF-8, which has no halves.</summary>
    [Theory]
    [InlineData(0, 0xD800)]
    [InlineData(2, 0x61, 0x62, 0xDC00)]
    [InlineData(2, 0xD83D, 0xDE00, 0xD83D)]
    [InlineData(0, 0xDC00, 0xD800)]
    public async Task Predict_HalfOfASurrogatePair_IsRefusedByRowAndByRecord(int position, params int[] units)
    {
        var text = new string([.. units.Select(u => (char)u)]);
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 2);
        rows.Reset(2);

        var byRow = Assert.Throws<ArgumentException>("value", () => rows.SetString(1, 0, text));
        var byRecord = Assert.Throws<ArgumentException>("value", () => platform.Model.As<Row, Answer>().Predict(new Row(1, 0, text)));

        Assert.StartsWith(
            $"Expected a text of valid Unicode for feature 'c', but found a surrogate without its pair at position {position} in row 1, both counted from 0.", byRow.Message, StringComparison.Ordinal);
        Assert.StartsWith(
            $"Expected a text of valid Unicode for feature 'c', but found a surrogate without its pair at position {position} in row 0, both counted from 0.", byRecord.Message, StringComparison.Ordinal);
        Assert.True(rows.StringOf(1, 0).IsEmpty);
    }

    [Fact]
    public async Task Predict_BytesThatAreNoText_AreRefusedByRowArrowAndFile()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 1);
        using var batch = Batch([.. "a"u8], Half);
        var path = await _files.WriteArrowAsync("rows.arrow", isStream: false, [batch]);

        var byRow = Assert.Throws<ArgumentException>("utf8", () => rows.SetString(0, 0, Half));
        var byArrow = await Assert.ThrowsAsync<ArgumentException>(() => platform.Model.ScoreAsync(batch));
        var byFile = await Assert.ThrowsAsync<FileScoringException>(() => platform.Model.ScoreFileAsync(path, _files.Combine("out.arrow")));

        Assert.StartsWith("Expected a text of valid Unicode for feature 'c', but found a byte that is no UTF-8 at position 1 in row 0, both counted from 0.", byRow.Message, StringComparison.Ordinal);
        const string InTable = "Expected texts of valid Unicode for feature 'c' of type String (model 'tips' version 1), but found a byte that is no UTF-8 at position 1 in row 1, both counted from 0.";
        Assert.Equal(InTable, byArrow.Message);
        Assert.Equal($"{InTable} The table is the file '{path}'.", byFile.Message);
    }

    [Fact]
    public async Task Predict_PairsAndAnythingElse_AreTheSameByRowRecordAndArrow()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()));
        var model = platform.Model;
        foreach (var text in new[] { "ü", "\ud83d\ude00", "a\0b", "\ufffd", string.Empty })
        {
            var rows = new FeatureRows(model.Description!.Layout, 1);
            (rows.Float32[0], rows.Float32[1]) = (1, 0);
            rows.SetString(0, 0, text);
            rows.Status.Fill(FeatureStatus.Present);
            var byRow = new Prediction[1];
            model.Predict(rows, byRow);
            using var batch = Batch(System.Text.Encoding.UTF8.GetBytes(text));
            using var scored = await model.ScoreAsync(batch);

            var expected = text == "ü" ? 201 : 1;
            Assert.Equal(expected, byRow[0].Score);
            Assert.Equal(expected, model.As<Row, Answer>().Predict(new Row(1, 0, text)).Score);
            Assert.Equal(expected, ((DoubleArray)scored.Column(BatchColumns.Score)).GetValue(0));
        }
    }

    [Fact]
    public async Task OnNull_TextThatIsNone_IsRefusedWhenTheModelIsLoaded()
    {
        await using var platform = new TestPlatform();
        await platform.PublishAsync(Package(TestGraphs.Columns(), Regression()));
        platform.AddModel(ModelName, options => options.OnNull("c", "\ud800"));
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var error = await Assert.ThrowsAsync<ModelNotReadyException>(() => platform.Model.WaitUntilReadyAsync());

        Assert.Contains("Expected a value of type String to stand for null of feature 'c'", error.Message, StringComparison.Ordinal);
    }

    private static RecordBatch Batch(params byte[][] texts)
    {
        var (a, b, c) = (new FloatArray.Builder(), new FloatArray.Builder(), new StringArray.Builder());
        foreach (var text in texts)
        {
            a.Append(1);
            b.Append(0);
            c.Append(text.AsSpan());
        }

        var schema = new Schema([new Field("a", FloatType.Default, false), new Field("b", FloatType.Default, false), new Field("c", StringType.Default, false)], metadata: null);
        return new RecordBatch(schema, [a.Build(), b.Build(), c.Build()], texts.Length);
    }
}
