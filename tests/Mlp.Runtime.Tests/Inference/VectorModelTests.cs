using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Scoring;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Models that take a vector beside numbers: y = rank + 10 e0 + 100 e1 + 1000 e2 + 10000 words.</summary>
[Collection(SpanListeners.Name)]
public sealed class VectorModelTests
{
    private static readonly FeatureColumn[] Columns =
        [new("rank", FeatureType.Float32, "documents"), new("embedding", FeatureType.Float32, "documents") { Length = 3 }, new("words", FeatureType.Float32, "query")];

    private readonly record struct Row(float Rank, float[]? Embedding, float Words);

    private readonly record struct MemoryRow(float Rank, ReadOnlyMemory<float> Embedding, float Words);

    private readonly record struct Answer(double Score);

    private readonly record struct Misfit(float Rank, double[] Embedding, float Words);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Predict_RowsRecordsTablesAndFiles_AnswerAlike(bool hasInputPerFeature)
    {
        await using var platform = await ServeAsync(Package(hasInputPerFeature ? PerFeature() : Block(), Regression(), features: Columns));
        var model = platform.Model;
        Assert.Null(model.UnavailableReason);
        var rows = Rows(model, 40);
        var answers = new Prediction[40];
        model.Predict(rows, answers);
        Assert.Equal(7 + (10 * 1.5) + (100 * 2) + (1000 * 3) + (10_000 * 0.25), answers[7].Score, 1e-2);

        var records = new Prediction[40];
        for (var i = 0; i < 40; i++)
        {
            var floats = rows.Float32Of(i);
            var found = i % 2 == 0
                ? model.As<Row, Prediction>().Predict(new Row(floats[0], floats[1..4].ToArray(), floats[4]))
                : model.As<MemoryRow, Prediction>().Predict(new MemoryRow(floats[0], floats[1..4].ToArray(), floats[4]));
            Assert.Equal(answers[i].Score, found.Score);
        }

        foreach (var isList in new[] { false, true })
        {
            using var batch = Batch(rows, isList);
            using var scored = await model.ScoreAsync(batch);
            Assert.Equal(answers.Select(a => a.Score), ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());

            using var files = new ScoredFiles();
            await model.ScoreFileAsync(await files.WriteArrowAsync("rows.arrow", isStream: false, [batch]), files.Combine("out.arrow"));
            var read = await ScoredFiles.ReadArrowAsync(files.Combine("out.arrow"));
            Assert.Equal(answers.Select(a => a.Score), read.SelectMany(b => ((DoubleArray)b.Column(BatchColumns.Score)).Values.ToArray()));
        }
    }

    [Fact]
    public async Task ScoreFileAsync_ParquetOfLists_AnswersAsRows()
    {
        await using var platform = await ServeAsync(Package(Block(), Regression(), features: Columns));
        using var files = new ScoredFiles();
        var path = files.WriteParquet("rows.parquet", "range::FLOAT AS rank, [range, 1, 2]::FLOAT[] AS embedding, 0.5::FLOAT AS words", 5000);

        await platform.Model.ScoreFileAsync(path, files.Combine("out.parquet"));

        var scores = files.Query(files.Combine("out.parquet"), "score, embedding::VARCHAR");
        Assert.Equal(5000, scores.Count);
        Assert.All(Enumerable.Range(0, 5000), i => Assert.Equal((11f * i) + 100 + 2000 + 5000, (double)scores[i][0]!, 1e-1));
        Assert.Equal("[7.0, 1.0, 2.0]", scores[7][1]);
    }

    [Fact]
    public async Task Predict_NullVector_FollowsThePolicy()
    {
        await using var automatic = await ServeAsync(Package(Block(), Regression(), features: Columns));
        await using var error = await ServeAsync(Package(Block(), Regression(), features: Columns), configure: m => m.OnNull("embedding", NullPolicy.Error));
        await using var value = await ServeAsync(Package(Block(), Regression(), features: Columns), configure: m => m.OnNull("embedding", 2f));

        Assert.True(double.IsNaN(automatic.Model.As<Row, Prediction>().Predict(new Row(1, null, 0)).Score));
        Assert.True(double.IsNaN(automatic.Model.As<MemoryRow, Prediction>().Predict(new MemoryRow(1, default, 0)).Score));
        Assert.Equal(1 + 20 + 200 + 2000, value.Model.As<Row, Prediction>().Predict(new Row(1, null, 0)).Score);
        var refused = Assert.Throws<NullFeatureException>(() => error.Model.As<Row, Prediction>().Predict(new Row(1, null, 0)));
        Assert.StartsWith("Expected a value of feature 'embedding' of type Float32[3] in row 0, but it is Null, which the model's options refuse", refused.Message, StringComparison.Ordinal);

        // A NaN within a vector is a value.
        Assert.True(double.IsNaN(error.Model.As<Row, Prediction>().Predict(new Row(1, [1, float.NaN, 2], 0)).Score));
        using var batch = Batch([null, [1, 2, 3]], [1, 1], [0, 0]);
        using var scored = await value.Model.ScoreAsync(batch);
        Assert.Equal([2221, 3211], ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
        await Assert.ThrowsAsync<NullFeatureException>(() => error.Model.ScoreAsync(batch));
    }

    [Fact]
    public async Task Predict_WrongLengthOrType_IsASentence()
    {
        await using var platform = await ServeAsync(Package(Block(), Regression(), features: Columns));
        var model = platform.Model;

        Assert.Equal(
            "Expected a vector of 3 floats in property 'Embedding' (model 'tips' version 1), but found one of 2.",
            Assert.Throws<ArgumentException>(() => model.As<Row, Prediction>().Predict(new Row(1, [1, 2], 0))).Message);
        Assert.Equal(
            "Expected property 'Embedding' of type 'Misfit' to be Single[] or ReadOnlyMemory<Single> (a vector of 3) for feature 'embedding', but found Double[] (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => model.As<Misfit, Prediction>().Predict(default(Misfit))).Message);
        using var wrong = Batch([[1, 2, 3], [1, 2, 3, 4]], [1, 1], [0, 0]);
        Assert.Equal(
            "Expected a vector of 3 floats in column 'embedding' for the feature of that name, but found one of 4 in row 1 (model 'tips' version 1).",
            (await Assert.ThrowsAsync<ArgumentException>(() => model.ScoreAsync(wrong))).Message);
        using var plain = new RecordBatch.Builder()
            .Append("rank", false, Floats(1)).Append("embedding", false, Floats(1)).Append("words", false, Floats(1)).Build();
        Assert.StartsWith(
            "Expected column 'embedding' of Arrow type fixed_size_list, list or large_list of float or halffloat for a feature of type Float32[3], but found float",
            (await Assert.ThrowsAsync<ArgumentException>(() => model.ScoreAsync(plain))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Expected a model whose features are all Float32, but 'embedding' is Float32[3]",
            Assert.Throws<InvalidOperationException>(() => model.Predict([1, 2, 3, 4, 5])).Message,
            StringComparison.Ordinal);
        var other = new FeatureRows(new FeatureRowLayout([Columns[0], Columns[1] with { Length = 2 }, Columns[2]]), 1);
        Assert.Contains(
            "Expected feature 1 to be 'embedding' of type Float32[3], but found 'embedding' of type Float32[2]",
            Assert.Throws<ArgumentException>(() => model.Predict(other, new Prediction[1])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task PublishAsync_InputOfAnotherWidth_IsASentence()
    {
        using var directory = new TempDirectory();
        var registry = Registry.TestRegistry.Open(directory.FullName);
        FeatureColumn[] longer = [Columns[0], Columns[1] with { Length = 4 }, Columns[2]];

        var block = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync("m", Package(Block(), Regression(), features: longer)));
        Assert.Equal("Expected input 'float32' of type Float32 [N, 6], but found Float32 [N, 5] (model 'm').", block.Message);
        var perFeature = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync("m", Package(PerFeature(), Regression(), features: longer)));
        Assert.Equal("Expected input 'embedding' of type Float32 [N, 4], but found Float32 [N, 3] (model 'm').", perFeature.Message);
    }

    [Fact]
    public async Task PublishAsync_GoldenRowsWithVectors_AreReadBackAndServed()
    {
        var rows = new FeatureRows(new FeatureRowLayout(Columns), 2);
        rows.Reset(2);
        new float[] { 1, 2, 3, 4, 5 }.CopyTo(rows.Float32Of(0));
        rows.StatusOf(0).Fill(FeatureStatus.Present);
        new float[] { 1, float.NaN, float.NaN, float.NaN, 5 }.CopyTo(rows.Float32Of(1));
        rows.StatusOf(1).Fill(FeatureStatus.Present);
        rows.StatusOf(1)[1] = FeatureStatus.Expired;
        var golden = new GoldenRows(rows, [1 + 20 + 300 + 4000 + 50_000, double.NaN]);

        var read = GoldenRowsFile.Read(GoldenRowsFile.Write(golden), "golden-rows.arrow");
        Assert.Equal(Columns, read.Features);
        Assert.Equal([1, 2, 3, 4, 5], read.Rows.Float32Of(0).ToArray());
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Expired, FeatureStatus.Present], read.Rows.StatusOf(1).ToArray());
        Assert.True(float.IsNaN(read.Rows.Float32Of(1)[2]));

        await using var platform = await ServeAsync(Package(Block(), Regression(), features: Columns) with { GoldenRows = golden });
        Assert.Null(platform.Model.UnavailableReason);
        var manifest = platform.Registry.FindVersion(ModelName, 1)!;
        Assert.Equal(2, manifest.FormatVersion);
        Assert.Equal(Columns, manifest.Features);
    }

    [Fact]
    public async Task Predict_RowsWithVector_AllocatesNothing()
    {
        await using var platform = await ServeAsync(Package(Block(), Regression(), features: Columns));
        var model = platform.Model;
        var rows = Rows(model, 1);
        var answers = new Prediction[1];
        var mapped = model.As<Row, Answer>();
        var row = new Row(1, [1, 2, 3], 4);
        _ = mapped.Predict(row);

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                model.Predict(rows, answers);
                _ = mapped.Predict(row);
            }
        }));
    }

    private static byte[] Block()
    {
        var graph = new OnnxGraphBuilder("vectors");
        var block = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 5);
        var weights = graph.AddConstant("weights", [1f, 10, 100, 1000, 10_000], 5, 1);
        graph.AddOutput(graph.AddNode("MatMul", [block, weights], output: "y"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return graph.Build();
    }

    private static byte[] PerFeature()
    {
        var graph = new OnnxGraphBuilder("vectors");
        var embedding = graph.AddInput("embedding", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        var rank = graph.AddInput("rank", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var words = graph.AddInput("words", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var all = graph.AddNode("Concat", [rank, embedding, words], [OnnxAttribute.Int("axis", 1)]);
        var weights = graph.AddConstant("weights", [1f, 10, 100, 1000, 10_000], 5, 1);
        graph.AddOutput(graph.AddNode("MatMul", [all, weights], output: "y"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return graph.Build();
    }

    private static FeatureRows Rows(IModel model, int count)
    {
        var rows = new FeatureRows(model.Description!.Layout, count);
        rows.Reset(count);
        for (var i = 0; i < count; i++)
        {
            new float[] { i, 1.5f, 2, i == 7 ? 3 : i % 5, 0.25f }.CopyTo(rows.Float32Of(i));
            rows.StatusOf(i).Fill(FeatureStatus.Present);
        }

        return rows;
    }

    private static RecordBatch Batch(FeatureRows rows, bool isList)
    {
        var all = Enumerable.Range(0, rows.RowCount).ToArray();
        var batch = Batch([.. all.Select(i => rows.Float32Of(i)[1..4].ToArray())], [.. all.Select(i => rows.Float32Of(i)[0])], [.. all.Select(i => rows.Float32Of(i)[4])]);
        if (isList)
        {
            return batch;
        }

        var vectors = VectorColumn.TryCreate(batch.Column("embedding"))!.ToFixedSize(3, (e, f, r) => new InvalidOperationException(e + f + r));
        return new RecordBatch.Builder().Append("rank", false, batch.Column("rank")).Append("embedding", true, vectors).Append("words", false, batch.Column("words")).Build();
    }

    private static RecordBatch Batch(float[]?[] embeddings, float[] ranks, float[] words)
    {
        var lists = new ListArray.Builder(FloatType.Default);
        foreach (var embedding in embeddings)
        {
            if (embedding is null)
            {
                lists.AppendNull();
                continue;
            }

            lists.Append();
            ((FloatArray.Builder)lists.ValueBuilder).AppendRange(embedding);
        }

        return new RecordBatch.Builder().Append("rank", false, Floats(ranks)).Append("embedding", true, lists.Build()).Append("words", false, Floats(words)).Build();
    }

    private static FloatArray Floats(params float[] values) => new FloatArray.Builder().AppendRange(values).Build();
}
