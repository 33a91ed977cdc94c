using Apache.Arrow;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Batching;
using Mlp.Runtime.Tests.Scoring;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Models that take narrower types, a fixed number of rows or more dimensions than features have, served every way.</summary>
public sealed class ConvertedModelTests
{
    private const int Rows = 300;

    private readonly record struct Integers(int[] X);

    private readonly record struct Floats(float[] X);

    private readonly record struct Pair(long A, float B);

    private readonly record struct Answer(double Score);

    public static TheoryData<TensorElementKind, TensorElementKind, int, object?[]> Models()
    {
        var models = new TheoryData<TensorElementKind, TensorElementKind, int, object?[]>();
        foreach (var kind in new[] { TensorElementKind.Int8, TensorElementKind.UInt8, TensorElementKind.Int16, TensorElementKind.UInt16, TensorElementKind.Int32, TensorElementKind.UInt32, TensorElementKind.UInt64 })
        {
            models.Add(kind, TensorElementKind.Float32, 3, ["N", 3]);
        }

        foreach (var kind in new[]
        {
            TensorElementKind.Float16, TensorElementKind.Int8, TensorElementKind.UInt8, TensorElementKind.Int16, TensorElementKind.UInt16, TensorElementKind.Int32, TensorElementKind.UInt32,
            TensorElementKind.UInt64, TensorElementKind.Int64, TensorElementKind.Float64,
        })
        {
            models.Add(TensorElementKind.Int32, kind, 2, ["N", 2]);
        }

        models.Add(TensorElementKind.Float16, TensorElementKind.Float32, 3, ["N", 3]);
        models.Add(TensorElementKind.Float16, TensorElementKind.Float16, 2, [1, 2]);
        models.Add(TensorElementKind.BFloat16, TensorElementKind.BFloat16, 2, ["N", 2]);
        models.Add(TensorElementKind.Float32, TensorElementKind.Float32, 3, [1, 3]);
        models.Add(TensorElementKind.Float32, TensorElementKind.Float32, 3, [4, 3]);
        models.Add(TensorElementKind.Int64, TensorElementKind.Float32, 3, [4, 3]);
        models.Add(TensorElementKind.Int32, TensorElementKind.Int32, 3, [7, 3]);
        models.Add(TensorElementKind.Float32, TensorElementKind.Float32, 3, [1000, 3]);
        models.Add(TensorElementKind.Float32, TensorElementKind.Float32, 3, ["N", 1, 3]);
        models.Add(TensorElementKind.Float32, TensorElementKind.Float32, 4, ["N", 2, 2]);
        models.Add(TensorElementKind.Int32, TensorElementKind.Float32, 4, [4, 2, 2]);
        return models;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task EveryWay_TypeOrShapeThatFeaturesDoNotHave_Answers(TensorElementKind input, TensorElementKind output, int width, object?[] shape)
    {
        await using var platform = await ServeAsync(Package(ConvertedGraphs.Linear(input, output, width, shape), Regression()));
        await AssertEveryWayAsync(platform.Model, width);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task EveryWay_WithDynamicBatching_Answers(TensorElementKind input, TensorElementKind output, int width, object?[] shape)
    {
        await using var platform = await ServeAsync(Package(ConvertedGraphs.Linear(input, output, width, shape), Regression()), configure: o => o.WithDynamicBatching());
        await AssertEveryWayAsync(platform.Model, width);
    }

    [Theory]
    [InlineData("N", null)]
    [InlineData(4, null)]
    [InlineData("N", null, 1)]
    [InlineData]
    public async Task EveryWay_WidthUndeclaredAndFeaturesDescribed_Answers(params object?[] shape)
    {
        FeatureColumn[] features = [new("x0", FeatureType.Float32, "v"), new("x1", FeatureType.Float32, "v"), new("x2", FeatureType.Float32, "v")];
        var onnx = shape.Length > 0 ? ConvertedGraphs.Linear(TensorElementKind.Float32, TensorElementKind.Float32, 3, shape) : ConvertedGraphs.Undeclared(3);
        await using var platform = await ServeAsync(Package(onnx, Regression(), features: features));

        AssertByRow(platform.Model, 3);
        await AssertByTableAsync(platform.Model, 3);
    }

    [Theory]
    [InlineData("N")]
    [InlineData(1)]
    [InlineData(4)]
    public async Task EveryWay_InputPerFeatureOfSeveralTypes_Answers(object batch)
    {
        await using var platform = await ServeAsync(Package(ConvertedGraphs.Columns(batch), Regression()));
        var model = platform.Model.As<Pair, Answer>();
        var pairs = Enumerable.Range(0, Rows).Select(i => new Pair(i, i % 8)).ToArray();
        var answers = new Answer[Rows];
        using var table = new RecordBatch.Builder()
            .Append("a", false, new Int64Array.Builder().AppendRange(pairs.Select(p => p.A)).Build())
            .Append("b", false, new FloatArray.Builder().AppendRange(pairs.Select(p => p.B)).Build())
            .Build();

        model.Predict(pairs, answers);
        using var scored = await platform.Model.ScoreAsync(table);

        Assert.Equal(pairs.Select(p => p.A + (10.0 * p.B)), answers.Select(a => a.Score));
        Assert.Equal(pairs.Select(p => p.A + (10.0 * p.B)), ((DoubleArray)scored.Column("score")).Values.ToArray());
    }

    [Theory]
    [InlineData("N", 3)]
    [InlineData(4, 3)]
    public async Task PredictAsync_ByEntity_Answers(object batch, int width)
    {
        FeatureColumn[] columns = [.. Enumerable.Range(0, width).Select(i => new FeatureColumn($"n{i}", FeatureType.Int64, "v"))];
        var features = new TestFeatures(columns, new KeyColumn("company", EntityValueKind.String))
        {
            Write = static (_, _, rows) =>
            {
                new long[] { 1, 2, 3 }.CopyTo(rows.Int64);
                rows.Status.Fill(FeatureStatus.Present);
            },
        };
        var onnx = ConvertedGraphs.Linear(TensorElementKind.Int32, TensorElementKind.Float32, width, batch, width);
        await using var platform = await ServeAsync(Package(onnx, Regression(), features.Description), features: features);

        Assert.Equal(321, (await platform.Model.PredictAsync("a")).Score);
    }

    [Fact]
    public async Task Predict_FixedBatchNotFull_IsPaddedWithARowThatTheModelTakes()
    {
        await using var platform = await ServeAsync(Package(ConvertedGraphs.RefusesUnknown(4), Regression()));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 6);
        rows.Reset(6);
        for (var row = 0; row < 6; row++)
        {
            rows.SetString(row, 0, "a");
        }

        rows.Status.Fill(FeatureStatus.Present);
        var results = new Prediction[6];
        platform.Model.Predict(rows, results);

        Assert.All(results, r => Assert.Equal(1, r.Score));
    }

    [Fact]
    public async Task EveryWay_ValueBeyondTheType_NamesFeatureRowAndRange()
    {
        const string Sentence = "Expected feature 'x[1]' to be from -2147483648 to 2147483647, since the model takes it as Int32, but found another value in row {0}, counted from 0 (model 'tips' version 1).";
        await using var platform = await ServeAsync(Package(ConvertedGraphs.Linear(TensorElementKind.Int32, TensorElementKind.Float32, 2, "N", 2), Regression()));
        var model = platform.Model;
        var rows = new FeatureRows(model.Description!.Layout, Rows);
        rows.Reset(Rows);
        rows.Status.Fill(FeatureStatus.Present);
        rows.Int64Of(280)[1] = 1L << 31;

        var error = Assert.Throws<FeatureRangeException>(() => model.Predict(rows, new Prediction[Rows]));

        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, Sentence, 280), error.Message);
        Assert.Equal(("x[1]", 280, TensorElementKind.Int32), (error.Feature, error.Row, error.ElementType));
        using var table = Table(rows);
        Assert.Equal(error.Message, (await Assert.ThrowsAsync<FeatureRangeException>(() => model.ScoreAsync(table))).Message);
        rows.Int64Of(280)[1] = int.MaxValue;
        model.Predict(rows, new Prediction[Rows]);
    }

    [Fact]
    public async Task PredictAsync_ValueBeyondTheTypeAmongCallsThatShareARun_FailsAlone()
    {
        await using var fixture = new BatcherFixture(ConvertedGraphs.Linear(TensorElementKind.Int8, TensorElementKind.Float32, 2, "N", 2), Regression());
        var model = fixture.Model.As<Integers, Answer>();
        var held = await fixture.HoldLaneAsync(() => model.Predict(new Integers([1, 1])));
        var calls = new[] { 1, 128, 3 }.Select(v => model.PredictAsync(new Integers([v, 0])).AsTask()).ToArray();
        await fixture.UntilWaitingAsync(2);
        fixture.Session.IsGated = false;
        fixture.Session.Release();
        await held;

        Assert.Equal(1, (await calls[0]).Score);
        Assert.Equal("x[0]", (await Assert.ThrowsAsync<FeatureRangeException>(() => calls[1])).Feature);
        Assert.Equal(3, (await calls[2]).Score);
    }

    [Fact]
    public async Task Predict_SeveralNumbersOfRows_KeepsOneTensorOfAFixedBatch()
    {
        await using var platform = await ServeAsync(Package(ConvertedGraphs.Linear(TensorElementKind.Int32, TensorElementKind.Float32, 3, 4, 3), Regression()));
        foreach (var rowCount in Enumerable.Range(1, 200).Concat(Enumerable.Range(1, 200).Reverse()))
        {
            AssertByRow(platform.Model, 3, rowCount);
        }
    }

    private static async Task AssertEveryWayAsync(IModel model, int width)
    {
        Assert.Null(model.UnavailableReason);
        AssertByRow(model, width);
        AssertByRow(model, width, 1);
        await AssertByRecordAsync(model, width);
        await AssertByTableAsync(model, width);
    }

    private static void AssertByRow(IModel model, int width, int rowCount = Rows)
    {
        var rows = Fill(model, width, rowCount);
        var results = new Prediction[rowCount];

        model.Predict(rows, results);

        for (var row = 0; row < rowCount; row++)
        {
            Assert.Equal(Expected(row, width), results[row].Score);
        }

        if (model.Description!.Layout.WidthOf(FeatureType.Float32) == width)
        {
            Assert.Equal(results[^1].Score, model.Predict(rows.Float32Of(rowCount - 1)).Score);
            var outputs = new float[rowCount];
            model.Predict(rows.Float32, outputs);
            Assert.Equal(results.Select(r => (float)r.Score), outputs);
        }
    }

    private static async Task AssertByRecordAsync(IModel model, int width)
    {
        if (model.Description!.Layout.WidthOf(FeatureType.Float32) == width)
        {
            await AssertByRecordAsync(model, width, row => new Floats(System.Array.ConvertAll(Values(row, width), v => (float)v)));
        }
        else
        {
            await AssertByRecordAsync(model, width, row => new Integers(Values(row, width)));
        }
    }

    private static async Task AssertByRecordAsync<TFeatures>(IModel model, int width, Func<int, TFeatures> create)
    {
        var typed = model.As<TFeatures, Answer>();
        var answers = new Answer[Rows];
        typed.Predict([.. Enumerable.Range(0, Rows).Select(create)], answers);
        for (var row = 0; row < Rows; row++)
        {
            Assert.Equal(Expected(row, width), answers[row].Score);
        }

        Assert.Equal(Expected(2, width), (await typed.PredictAsync(create(2))).Score);
    }

    private static async Task AssertByTableAsync(IModel model, int width)
    {
        using var table = Table(Fill(model, width, Rows));

        using var scored = await model.ScoreAsync(table);

        var scores = (DoubleArray)scored.Column(BatchColumns.Score);
        Assert.Equal(Enumerable.Range(0, Rows).Select(r => Expected(r, width)), scores.Values.ToArray());
        using var files = new ScoredFiles();
        await model.ScoreFileAsync(await files.WriteArrowAsync("in.arrow", isStream: false, [table]), files.Combine("out.arrow"));
        Assert.Equal(scores.Values.ToArray(), (await ScoredFiles.ReadArrowAsync(files.Combine("out.arrow"))).SelectMany(b => ((DoubleArray)b.Column("score")).Values.ToArray()));
    }

    private static FeatureRows Fill(IModel model, int width, int rowCount)
    {
        var rows = new FeatureRows(model.Description!.Layout, rowCount);
        rows.Reset(rowCount);
        for (var row = 0; row < rowCount; row++)
        {
            var values = Values(row, width);
            for (var i = 0; i < width; i++)
            {
                if (rows.Layout.Columns[i].Type == FeatureType.Float32)
                {
                    rows.Float32Of(row)[i] = values[i];
                }
                else
                {
                    rows.Int64Of(row)[i] = values[i];
                }
            }
        }

        rows.Status.Fill(FeatureStatus.Present);
        return rows;
    }

    private static RecordBatch Table(FeatureRows rows)
    {
        var builder = new RecordBatch.Builder();
        for (var column = 0; column < rows.Layout.Columns.Count; column++)
        {
            var (feature, index) = (rows.Layout.Columns[column], column);
            var all = Enumerable.Range(0, rows.RowCount);
            IArrowArray array = feature.Type == FeatureType.Float32
                ? new FloatArray.Builder().AppendRange(all.Select(r => rows.Float32Of(r)[index])).Build()
                : new Int64Array.Builder().AppendRange(all.Select(r => rows.Int64Of(r)[index])).Build();
            builder.Append(feature.Name, false, array);
        }

        return builder.Build();
    }

    /// <summary>Small enough for every type and exact in all of them: their sum is at most 111, 1111 where there are four.</summary>
    private static int[] Values(int row, int width) => [.. Enumerable.Range(0, width).Select(i => ((row * 7) + i) % (i == 0 ? 7 : 2))];

    private static double Expected(int row, int width) => Values(row, width).Select((v, i) => v * Math.Pow(10, i)).Sum();
}
