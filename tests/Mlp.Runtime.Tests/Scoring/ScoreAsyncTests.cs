using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

public sealed class ScoreAsyncTests : ScoredBatches
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1000)]
    public async Task ScoreAsync_AllTypes_AgreesWithRowsOneByOne(int rowCount)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns));
        using var batch = AllTypes(rowCount);

        using var scored = await platform.Model.ScoreAsync(batch);

        Assert.Equal(rowCount, scored.Length);
        Assert.Equal([.. AllTypesFeatures.Columns.Select(c => c.Name), "company__status", BatchColumns.Score, BatchColumns.PredictedClass], scored.Schema.FieldsList.Select(f => f.Name));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 1);
        var result = new Prediction[1];
        for (var i = 0; i < rowCount; i++)
        {
            rows.Reset(1);
            WriteExpected(rows, i);
            platform.Model.Predict(rows, result);
            Assert.Equal(result[0].Score, ((DoubleArray)scored.Column(BatchColumns.Score)).GetValue(i));
            Assert.Equal(-1, ((Int32Array)scored.Column(BatchColumns.PredictedClass)).GetValue(i));
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 300)]
    [InlineData(299, 1)]
    [InlineData(300, 0)]
    public async Task ScoreAsync_Slice_ScoresTheRowsOfTheSlice(int offset, int length)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns));
        using var batch = AllTypes(600);
        using var whole = await platform.Model.ScoreAsync(batch);
        using var slice = batch.SliceShared(offset, length);

        using var scored = await platform.Model.ScoreAsync(slice);

        Assert.Equal(
            ((DoubleArray)whole.Column(BatchColumns.Score)).Values.Slice(offset, length).ToArray(), ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
    }

    [Fact]
    public async Task ScoreAsync_Result_OutlivesTheBatchAndTheOtherWayRound()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns));
        var batch = AllTypes(3);
        var scored = await platform.Model.ScoreAsync(batch);
        var again = await platform.Model.ScoreAsync(batch);

        scored.Dispose();
        Assert.Equal("a", ((StringArray)batch.Column("s1")).GetString(0));
        batch.Dispose();
        Assert.Equal("a", ((StringArray)again.Column("s1")).GetString(0));
        again.Dispose();
    }

    [Fact]
    public async Task ScoreAsync_BatchReadFromAnArrowStream_ResultOutlivesIt()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.AllTypes(), Regression(), features: AllTypesFeatures.Columns));
        using var stream = new MemoryStream();
        using (var source = AllTypes(300))
        {
            using var writer = new ArrowStreamWriter(stream, source.Schema, leaveOpen: true);
            await writer.WriteRecordBatchAsync(source);
            await writer.WriteEndAsync();
        }

        stream.Position = 0;
        using var reader = new ArrowStreamReader(stream);
        var batch = await reader.ReadNextRecordBatchAsync();
        var scored = await platform.Model.ScoreAsync(batch);
        batch.Dispose();

        Assert.Equal(299, ((FloatArray)scored.Column("f1")).GetValue(299));
        Assert.Equal("a", ((StringArray)scored.Column("s1")).GetString(298));
        scored.Dispose();
    }

    [Fact]
    public async Task ScoreAsync_BatchThatWasDisposedOf_IsSaid()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features: [new("f", FeatureType.Float32, "view")]));
        var batch = new RecordBatch(new Schema([new Field("f", FloatType.Default, true)], null), [new FloatArray.Builder().Append(1).Build()], 1);
        batch.Dispose();

        var error = await Assert.ThrowsAsync<ObjectDisposedException>(() => platform.Model.ScoreAsync(batch));

        Assert.StartsWith("Expected a batch that is open, but it has been disposed of (model 'tips' version 1).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoreAsync_Classifier_AddsScoreAndClass()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(threshold: 0.6), features: [new("f", FeatureType.Float32, "view")]));
        using var batch = Batch(("f", new FloatArray.Builder().Append(0).Append(1).AppendNull().Build()));

        using var scored = await platform.Model.ScoreAsync(batch);

        var scores = ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray();
        Assert.Equal(0.5f, scores[0]);
        Assert.Equal(1 / (1 + MathF.Exp(-1)), scores[1], 1e-6);
        Assert.True(double.IsNaN(scores[2]), "A null is NaN for the model.");
        Assert.Equal([0, 1, 0], ((Int32Array)scored.Column(BatchColumns.PredictedClass)).Values.ToArray());
    }

    [Fact]
    public async Task ScoreAsync_NullsAndViewStatus_BecomeStatuses()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.StatusSum(2), Regression(), features: OneOfEach));
        var floats = new FloatArray.Builder().Append(1).AppendNull().AppendNull().AppendNull().Build();
        var nothing = new NullArray(4);
        var status = new UInt8Array.Builder().Append(1).Append(1).Append(0).Append(3).Build();

        using var without = await platform.Model.ScoreAsync(Batch(("f", floats), ("s", nothing)));
        using var with = await platform.Model.ScoreAsync(Batch(("f", floats), ("s", nothing), (TrainingSetColumns.StatusOf("view"), status)));

        Assert.Equal([1 + 2, 2 + 2, 2 + 2, 2 + 2], ((DoubleArray)without.Column(BatchColumns.Score)).Values.ToArray());
        Assert.Equal([1 + 2, 2 + 2, 0 + 0, 3 + 3], ((DoubleArray)with.Column(BatchColumns.Score)).Values.ToArray());
    }

    [Fact]
    public async Task ScoreAsync_FeatureStatus_GoesBeforeThatOfTheView()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.StatusSum(2), Regression(), features: OneOfEach));
        var floats = new FloatArray.Builder().Append(1).AppendNull().AppendNull().AppendNull().AppendNull().Build();
        var view = new UInt8Array.Builder().Append(3).Append(3).Append(3).Append(0).Append(3).Build();
        var feature = new UInt8Array.Builder().Append(0).Append(2).Append(0).AppendNull().Append(1).Build();

        using var scored = await platform.Model.ScoreAsync(
            Batch(("f", floats), ("s", new NullArray(5)), (TrainingSetColumns.StatusOf("view"), view), (TrainingSetColumns.StatusOf("f"), feature)));

        // A value that is there is Present whatever is said of it, and a null is never Present.
        Assert.Equal([1 + 3, 2 + 3, 0 + 3, 0 + 0, 3 + 3], ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
    }

    [Fact]
    public async Task ScoreAsync_FeatureCalledLikeAView_ReadsTheStatusOfTheView()
    {
        FeatureColumn[] features = [new("other", FeatureType.Float32, "view"), new("s", FeatureType.String, "other")];
        await using var platform = await ServeAsync(Package(TestGraphs.StatusSum(2), Regression(), features: features));
        var floats = new FloatArray.Builder().AppendNull().Build();

        using var scored = await platform.Model.ScoreAsync(
            Batch(("other", floats), ("s", new NullArray(1)), ("other__status", new UInt8Array.Builder().Append(3).Build()), ("view__status", new UInt8Array.Builder().Append(0).Build())));

        Assert.Equal([0 + 3], ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
    }

    [Fact]
    public async Task ScoreAsync_WrongColumns_SaysWhich()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()));
        var texts = new StringArray.Builder().Append("a").Build();

        Assert.Equal(
            "Expected a column 'c' of type String for the feature of that name, but found columns 'a', 'b' (model 'tips' version 1).",
            await ErrorAsync(Batch(("a", Floats(1)), ("b", Floats(1)))));
        Assert.Equal(
            "Expected column 'b' of Arrow type float, halffloat or an integer of at most 16 bits for a feature of type Float32, but found utf8 (model 'tips' version 1). Cast the column to float yourself, as the model was trained.",
            await ErrorAsync(Batch(("a", Floats(1)), ("b", texts), ("c", texts))));
        Assert.Equal(
            "Expected one column 'a', but found two (model 'tips' version 1).",
            await ErrorAsync(Batch(("a", Floats(1)), ("a", Floats(1)), ("b", Floats(1)), ("c", texts))));
        Assert.Equal(
            "Expected a batch without a column 'score', which scoring adds, but found one (model 'tips' version 1). Say which columns to keep: ScoringOptions.Columns.",
            await ErrorAsync(Batch(("a", Floats(1)), ("b", Floats(1)), ("c", texts), ("score", texts))));

        async Task<string> ErrorAsync(RecordBatch batch) => (await Assert.ThrowsAsync<ArgumentException>(() => platform.Model.ScoreAsync(batch))).Message;
    }

    [Fact]
    public async Task ScoreAsync_Cancelled_Ends()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Slow(256, 200), Regression()));
        using var cancellation = new CancellationTokenSource();
        using var batch = Batch(("x", Floats([.. Enumerable.Repeat(1f, 100_000)])));

        var scoring = Task.Run(() => platform.Model.ScoreAsync(batch, cancellationToken: cancellation.Token));
        await Task.Delay(20);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scoring);
    }

    [Fact]
    public async Task ScoreAsync_Result_NamesVersionAndHash()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features: [new("f", FeatureType.Float32, "view")]));
        using var batch = new RecordBatch(
            new Schema([new Field("f", FloatType.Default, true)], new Dictionary<string, string> { ["source"] = "here" }), [Floats(1)], 1);

        using var scored = await platform.Model.ScoreAsync(batch);

        Assert.Equal("here", scored.Schema.Metadata["source"]);
        Assert.Equal("tips", scored.Schema.Metadata[BatchColumns.ModelKey]);
        Assert.Equal("1", scored.Schema.Metadata[BatchColumns.ModelVersionKey]);
        Assert.Equal(platform.Model.Manifest!.OnnxSha256, scored.Schema.Metadata[BatchColumns.ModelHashKey]);
    }

    [Fact]
    public async Task ScoreAsync_Options_ChooseColumnsProbabilitiesAndLabel()
    {
        var output = new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "p", ClassNames = ["low", "high", "none"] };
        await using var platform = await ServeAsync(Package(TestGraphs.Softmax(1, 3, 1, 2, 0), output, features: [new("x", FeatureType.Float32, "view")]));
        using var batch = Batch(("id", new Int64Array.Builder().Append(7).Append(8).Build()), ("x", Floats(1, -1)));

        using var list = await platform.Model.ScoreAsync(batch, new ScoringOptions { Columns = ["id"], Probabilities = ClassProbabilities.List, IncludeLabel = true });
        using var columns = await platform.Model.ScoreAsync(batch, new ScoringOptions { Columns = [], Probabilities = ClassProbabilities.Columns });

        Assert.Equal(["id", "score", "predicted_class", "probabilities", "predicted_label"], list.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(["score", "predicted_class", "probability_low", "probability_high", "probability_none"], columns.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(["high", "none"], Enumerable.Range(0, 2).Select(i => ((StringArray)list.Column("predicted_label")).GetString(i)));
        var values = (DoubleArray)((FixedSizeListArray)list.Column("probabilities")).Values;
        for (var row = 0; row < 2; row++)
        {
            var x = row == 0 ? 1.0 : -1.0;
            var sum = Math.Exp(x) + Math.Exp(2 * x) + 1;
            Assert.Equal([Math.Exp(x) / sum, Math.Exp(2 * x) / sum, 1 / sum], values.Values.Slice(row * 3, 3).ToArray(), (a, b) => Math.Abs(a - b) < 1e-6);
            Assert.Equal(values.GetValue((row * 3) + 1), ((DoubleArray)columns.Column("probability_high")).GetValue(row));
        }
    }

    [Fact]
    public async Task ScoreAsync_BinaryProbabilities_AreBothClasses()
    {
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary() with { ClassNames = ["no", "yes"] }, features: [new("f", FeatureType.Float32, "view")]));

        using var scored = await platform.Model.ScoreAsync(Batch(("f", Floats(0, 5))), new ScoringOptions { Probabilities = ClassProbabilities.Columns, IncludeLabel = true });

        var positive = ((DoubleArray)scored.Column("probability_yes")).Values.ToArray();
        Assert.Equal([.. positive.Select(p => 1 - p)], ((DoubleArray)scored.Column("probability_no")).Values.ToArray());
        Assert.Equal(positive, ((DoubleArray)scored.Column("score")).Values.ToArray());
        Assert.Equal("yes", ((StringArray)scored.Column("predicted_label")).GetString(1));
    }

    [Fact]
    public async Task ScoreAsync_OptionsThatDoNotFit_SayWhy()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.LinearDouble(1), Regression(), features: [new("x", FeatureType.Float64, "view")]));
        await using var unnamed = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features: [new("x", FeatureType.Float32, "view")]));
        var batch = Batch(("x", Floats(1)));

        Assert.Equal(
            "Expected a classifier for ScoringOptions.Probabilities, but found task Regression (model 'tips' version 1).",
            await ErrorAsync(platform, new ScoringOptions { Probabilities = ClassProbabilities.List }));
        Assert.Equal(
            "Expected a name for each class for ScoringOptions.IncludeLabel, but found 0 names (model 'tips' version 1).", await ErrorAsync(unnamed, new ScoringOptions { IncludeLabel = true }));
        Assert.Equal(
            "Expected a column 'id' to keep, but found columns 'x' (model 'tips' version 1).", await ErrorAsync(platform, new ScoringOptions { Columns = ["id"] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScoringOptions { MaxDegreeOfParallelism = 0 });

        async Task<string> ErrorAsync(TestPlatform served, ScoringOptions options)
            => (await Assert.ThrowsAsync<ArgumentException>(() => served.Model.ScoreAsync(batch, options))).Message;
    }

    private static void WriteExpected(FeatureRows rows, int i)
    {
        AllTypesFeatures.Fill(rows, 0);
        rows.Float32[0] = i;
        rows.Int64[0] = i;
        rows.Boolean[0] = i % 2 == 1;
        rows.SetString(0, 0, i % 2 == 0 ? "a" : "ü");
        rows.Status.Fill(FeatureStatus.Present);
        if (i % 5 == 4)
        {
            rows.Int64[1] = 0;
            rows.Status[6] = FeatureStatus.Null;
        }
    }

    private static RecordBatch AllTypes(int rowCount)
    {
        var f1 = new FloatArray.Builder();
        var s1 = new StringArray.Builder();
        var i1 = new Int64Array.Builder();
        var b1 = new BooleanArray.Builder();
        var i2 = new Int32Array.Builder();
        for (var i = 0; i < rowCount; i++)
        {
            f1.Append(i);
            s1.Append(i % 2 == 0 ? "a" : "ü");
            i1.Append(i);
            b1.Append(i % 2 == 1);
            _ = i % 5 == 4 ? i2.AppendNull() : i2.Append(2);
        }

        return Batch(
            ("f1", f1.Build()),
            ("s1", s1.Build()),
            ("i1", i1.Build()),
            ("d1", new DoubleArray.Builder().AppendRange(Enumerable.Repeat(0.25, rowCount)).Build()),
            ("f2", Floats([.. Enumerable.Repeat(0.5f, rowCount)])),
            ("b1", b1.Build()),
            ("i2", i2.Build()),
            ("s2", new StringArray.Builder().AppendRange(Enumerable.Repeat("ü", rowCount)).Build()),
            ("company__status", new UInt8Array.Builder().AppendRange(Enumerable.Repeat((byte)1, rowCount)).Build()));
    }
}
