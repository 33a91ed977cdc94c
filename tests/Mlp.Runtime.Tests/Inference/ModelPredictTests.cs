using System.Text.Json.Nodes;
using Apache.Arrow;
using Apache.Arrow.Types;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class ModelPredictTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private sealed record TripKeys(string? Company);

    private readonly record struct Trip(float Miles);

    private sealed record Note(string Text);

    [Fact]
    public async Task Predict_Span_ReturnsTheProbabilityAndTheClass()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, -2), Binary(threshold: 0.7)));

        var likely = platform.Model.Predict([3, 1]);
        var unlikely = platform.Model.Predict([2, 1.5f]);

        Assert.Equal(1 / (1 + Math.Exp(-1)), likely.Score, 1e-6);
        Assert.Equal(1, likely.PredictedClass);
        Assert.Equal(1 / (1 + Math.Exp(1)), unlikely.Score, 1e-6);
        Assert.Equal(0, unlikely.PredictedClass);
        Assert.Equal(1, likely.ModelVersion);
        Assert.True(likely.Id < unlikely.Id);
    }

    [Fact]
    public async Task Predict_Multiclass_ReturnsTheHighestScoreAndItsIndex()
    {
        var output = new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "p", ClassNames = ["a", "b", "c"] };
        await using var platform = await ServeAsync(Package(TestGraphs.Softmax(1, 3, 0, 1, 2), output));

        var prediction = platform.Model.Predict([1]);

        Assert.Equal(2, prediction.PredictedClass);
        Assert.Equal(Math.Exp(2) / (1 + Math.Exp(1) + Math.Exp(2)), prediction.Score, 1e-6);
    }

    [Fact]
    public async Task Predict_DoubleOutput_KeepsItsPrecision()
    {
        var observer = new TestObserver();
        await using var platform = await ServeAsync(
            Package(TestGraphs.LinearDouble(1e-12, 1), Regression(), features: [new("a", FeatureType.Float64, "v"), new("b", FeatureType.Float64, "v")]), observers: observer);
        var rows = new FeatureRows(platform.Model.Description!.Layout, 1);
        rows.Float64[0] = 1;
        rows.Float64[1] = 1;
        var result = new Prediction[1];

        platform.Model.Predict(rows, result);

        Assert.Equal(1 + 1e-12, result[0].Score);
        Assert.Equal(-1, result[0].PredictedClass);
        Assert.Equal([1 + 1e-12], Assert.Single(observer.Seen).Scores);

        var ones = new DoubleArray.Builder().Append(1).Build();
        var batch = new RecordBatch(
            new Schema([new Field("a", DoubleType.Default, false), new Field("b", DoubleType.Default, false)], null), [ones, ones], 1);
        var scored = await platform.Model.ScoreAsync(batch);
        Assert.Equal(1 + 1e-12, ((DoubleArray)scored.Column("score")).GetValue(0));
    }

    [Theory]
    [InlineData("""{"name":"z","elementType":"other","dimensions":[]}""", true)]
    [InlineData("""{"name":"z","elementType":"float64","dimensions":[-1,1]}""", false)]
    [InlineData("""{"name":"y","elementType":"other","dimensions":[]}""", false)]
    public async Task Open_OutputOfATypeThatThePublisherDidNotKnow_IsServed(string stored, bool isServed)
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);
        await platform.PublishAsync(Package(TestGraphs.LogisticWithSum(1), Binary()));
        var path = Path.Combine(platform.RegistryPath, "models", ModelName, "versions", "1", "manifest.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest["signature"]!["outputs"]![1] = JsonNode.Parse(stored);
        File.WriteAllText(path, manifest.ToJsonString());

        await platform.Catalog.OpenAsync(CancellationToken.None);

        Assert.Equal(isServed ? ModelState.Ready : ModelState.Unavailable, platform.Model.State);
    }

    [Fact]
    public async Task Attach_ServiceChosenByTheApplication_IsTold()
    {
        var features = TestFeatures.Floats(1);
        var observer = new TestObserver();
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary()), features: features, configure: o => o.WithFeatures("trips"), observers: observer);

        var served = Assert.Single(observer.Attached);

        Assert.Null(served.Manifest.FeatureService);
        Assert.Equal(features.Description.Reference, served.Service);
    }

    [Fact]
    public async Task PredictAsync_KeysAndRequest_ReadsStoredAndComputedFeatures()
    {
        EntityValue key = default;
        long time = 0;
        var features = TestFeatures.Floats(2).WithRequest((in Trip trip, FeatureRows rows, int row) => rows.Float32Of(row)[1] = trip.Miles);
        features.Write = (keys, asOf, rows) =>
        {
            (key, time) = (keys.Span[0], asOf);
            rows.Float32[0] = 2;
        };
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1, -1), Binary(), features.Description), new FakeTimeProvider(Noon), features);

        var prediction = await platform.Model.PredictAsync(new TripKeys("Flash Cab"), new Trip(5));

        Assert.Equal(1 / (1 + Math.Exp(3)), prediction.Score, 1e-6);
        Assert.Equal("Flash Cab", key.AsString());
        Assert.Equal(Microseconds.FromRequestTime(Noon), time);
    }

    [Fact]
    public async Task PredictAsync_AsOf_ReadsFeaturesOfThatTimeRoundedDown()
    {
        long time = 0;
        var features = TestFeatures.Floats(1);
        features.Write = (_, asOf, _) => time = asOf;
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features);

        await platform.Model.PredictAsync(new TripKeys(null), PredictionOptions.At(Noon.AddTicks(19)));

        Assert.Equal(Microseconds.FromRequestTime(Noon) + 1, time);
    }

    [Fact]
    public async Task Predict_Tags_ReachTheObserver()
    {
        var features = TestFeatures.Floats(1);
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features, observers: observer);
        var options = new PredictionOptions { AsOf = Noon, Tags = new KeyValuePair<string, string>[] { new("page", "checkout"), new("page", "basket") } };

        var prediction = await platform.Model.PredictAsync(new TripKeys("a"), options);
        platform.Model.Predict([1], options);
        platform.Model.Predict([1]);

        Assert.Equal("champion", prediction.Variant);
        Assert.Equal(string.Empty, default(Prediction).Variant);
        Assert.Equal([2, 2, 0], observer.Seen.Select(s => s.Tags.Length));
        Assert.All(observer.Seen.Take(2), s => Assert.Equal(options.Tags.ToArray(), s.Tags));
        Assert.All(observer.Seen.Take(2), s => Assert.Equal(Microseconds.FromRequestTime(Noon), s.EventTime));
    }

    [Fact]
    public async Task PredictAsync_ReadIsPending_AnswersWhenItHasEnded()
    {
        var read = new TaskCompletionSource();
        var features = TestFeatures.Floats(1);
        features.Pending = _ => read.Task;
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features);

        var pending = platform.Model.PredictAsync(new EntityValue[] { "a" });
        Assert.False(pending.IsCompleted);
        read.SetResult();

        Assert.Equal(1 / (1 + Math.Exp(-1)), (await pending).Score, 1e-6);
    }

    [Fact]
    public async Task PredictAsync_CancelledWhileReading_KeepsTheSlotUntilTheReadHasEnded()
    {
        var read = new TaskCompletionSource();
        var features = TestFeatures.Floats(1);
        features.Pending = _ => read.Task;
        var observer = new TestObserver();
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features, configure: o => o.PoolSize = 1, observers: observer);
        using var cancellation = new CancellationTokenSource();

        var abandoned = platform.Model.PredictAsync(new TripKeys("a"), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await abandoned);
        features.Pending = null;
        var next = platform.Model.PredictAsync(new TripKeys("b"));
        Assert.False(next.IsCompleted, "The only slot is still being written to.");
        Assert.Empty(observer.Seen);

        read.SetResult();
        await next;

        Assert.Equal([PredictionOutcome.Cancelled, PredictionOutcome.Ok], observer.Seen.Select(s => s.Outcome));
        Assert.Equal("a", observer.Seen.First().Keys[0].AsString());
    }

    [Fact]
    public async Task PredictAsync_ReaderFails_TellsTheCallerAndTheObserver()
    {
        var features = TestFeatures.Floats(1);
        features.Write = (_, _, _) => throw new IOException("The store is gone.");
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features, observers: observer);

        await Assert.ThrowsAsync<IOException>(async () => await platform.Model.PredictAsync(new TripKeys("a")));
        features.Pending = _ => Task.CompletedTask;
        await Assert.ThrowsAsync<IOException>(async () => await platform.Model.PredictAsync(new TripKeys("a")));

        Assert.All(observer.Seen, s => Assert.Equal(PredictionOutcome.Error, s.Outcome));
        Assert.Equal(2, observer.Seen.Count);
        Assert.All(observer.Seen, s => Assert.Empty(s.Scores));
    }

    [Fact]
    public async Task PredictAsync_CancelledBefore_DoesNotRun()
    {
        var features = TestFeatures.Floats(1);
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features, observers: observer);

        var cancelled = platform.Model.PredictAsync(new TripKeys("a"), cancellationToken: new CancellationToken(canceled: true));

        Assert.True(cancelled.IsCanceled);
        Assert.Equal(PredictionOutcome.Cancelled, Assert.Single(observer.Seen).Outcome);
    }

    [Fact]
    public async Task PredictAsync_UnknownRequest_SaysSo()
    {
        var features = TestFeatures.Floats(1);
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features);

        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await platform.Model.PredictAsync(new TripKeys("a"), new Trip(1)));
        var time = await Assert.ThrowsAsync<ArgumentException>(async () => await platform.Model.PredictAsync(new TripKeys("a"), Noon));
        var token = await Assert.ThrowsAsync<ArgumentException>(async () => await platform.Model.PredictAsync(new TripKeys("a"), CancellationToken.None));
        var options = await Assert.ThrowsAsync<ArgumentException>(
            async () => await platform.Model.PredictAsync<TripKeys, PredictionOptions>(new TripKeys("a"), PredictionOptions.At(Noon)));

        Assert.Equal("Expected a request that feature service 'trips' version 1 has on-demand features for, but found type 'Trip'.", error.Message);
        Assert.Equal("Expected a request record after the keys, but found a value of type 'DateTimeOffset': pass a time as PredictionOptions.At(time).", time.Message);
        Assert.Equal("Expected a request record after the keys, but found a value of type 'CancellationToken': pass a token by its name, cancellationToken.", token.Message);
        Assert.StartsWith("Expected a request record after the keys, but found a value of type 'PredictionOptions'", options.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PredictAsync_NullRequest_SaysSoAndAnswersTheNextOne()
    {
        var features = TestFeatures.Floats(1).WithRequest((in Note note, FeatureRows rows, int row) => rows.Float32Of(row)[0] = note.Text.Length);
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), new FakeTimeProvider(Noon), features);

        var error = await Assert.ThrowsAsync<ArgumentNullException>("request", async () => await platform.Model.PredictAsync(new TripKeys("a"), (Note)null!));

        Assert.StartsWith("Expected a request, but found null", error.Message, StringComparison.Ordinal);
        Assert.Equal(1 / (1 + Math.Exp(-2)), (await platform.Model.PredictAsync(new TripKeys("a"), new Note("ab"))).Score, 1e-6);
    }

    [Fact]
    public async Task PredictAsync_NoFeatureService_SaysSo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await platform.Model.PredictAsync(new TripKeys("a")));

        Assert.Equal("Expected model 'tips' version 1 to have a feature service to read by entity keys, but it has none; pass the features to Predict.", error.Message);
    }

    [Fact]
    public async Task Predict_WrongSpan_SaysSo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2), Binary()));
        await using var texts = await ServeAsync(Package(TestGraphs.Columns(), Regression()));

        Assert.Equal(
            "Expected 2 features, but found 3 (model 'tips' version 1). (Parameter 'features')",
            Assert.Throws<ArgumentException>(() => platform.Model.Predict([1, 2, 3])).Message);
        Assert.Equal(
            "Expected a model whose features are all Float32, but 'c' is String (model 'tips' version 1); pass FeatureRows.",
            Assert.Throws<InvalidOperationException>(() => texts.Model.Predict([1, 2, 3])).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Predict_OutputsOfAnotherNumber_IsRefused(int count)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2), Binary()));

        var error = Assert.Throws<ArgumentException>("outputs", () => platform.Model.Predict([1, 2, 3, 4], new float[count]));

        Assert.StartsWith($"Expected room for exactly 2 outputs, 1 for each of 2 rows, but found {count} (model 'tips' version 1).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_OtherLayout_SaysHowItDiffers()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2), Binary(), features: Floats("a", "b")));
        var renamed = new FeatureRows(new FeatureRowLayout(Floats("a", "c")), 1);
        var longer = new FeatureRows(new FeatureRowLayout(Floats("a", "b", "c")), 1);
        var same = new FeatureRows(new FeatureRowLayout(Floats("a", "b")), 2);
        same.Reset(2);

        Assert.Equal(
            "Expected feature 1 to be 'b' of type Float32, but found 'c' of type Float32 (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => platform.Model.Predict(renamed, new Prediction[1])).Message);
        Assert.Equal(
            "Expected 2 features, but found 3: 'c' is not among them (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => platform.Model.Predict(longer, new Prediction[1])).Message);
        Assert.StartsWith(
            "Expected room for 2 results, one per row, but found 1",
            Assert.Throws<ArgumentException>(() => platform.Model.Predict(same, new Prediction[1])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(700)]
    public async Task Predict_Rows_AnswersEachOne(int rowCount)
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 700);
        rows.Reset(rowCount);
        rows.Status.Fill(FeatureStatus.Present);
        for (var row = 0; row < rowCount; row++)
        {
            rows.Float32Of(row)[0] = row;
            rows.Float32Of(row)[1] = 0.5f;
            rows.SetString(row, 0, row % 2 == 0 ? "a" : "ü");
        }

        var results = new Prediction[rowCount];
        platform.Model.Predict(rows, results);

        for (var row = 0; row < rowCount; row++)
        {
            Assert.Equal(row + 5 + (row % 2 == 0 ? 100 : 200), results[row].Score);
        }

        Assert.Equal(rowCount, results.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task Predict_UndescribedInputs_TakesThemInTheOrderOfTheFile()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.TwoInputs(), Regression()));

        Assert.Equal(["u[0]", "u[1]", "v[0]", "v[1]", "v[2]"], platform.Model.Description!.Layout.Columns.Select(c => c.Name));
        Assert.Equal(1 + 2 + (10 * (3 + 4 + 5)), platform.Model.Predict([1, 2, 3, 4, 5]).Score);

        var rows = new FeatureRows(platform.Model.Description.Layout, 2);
        rows.Reset(2);
        new float[] { 1, 2, 3, 4, 5, 10, 20, 30, 40, 50 }.CopyTo(rows.Float32);
        var results = new Prediction[2];
        platform.Model.Predict(rows, results);
        Assert.Equal([123, 1230], results.Select(r => r.Score));
    }

    [Fact]
    public async Task Predict_EngineFails_TellsTheCallerAndTheObserver()
    {
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.RefusesUnknown(), Regression()), observers: observer);
        var rows = new FeatureRows(platform.Model.Description!.Layout, 1);
        var result = new Prediction[1];

        rows.Status.Fill(FeatureStatus.Present);
        rows.SetString(0, 0, "secret");
        var error = Assert.Throws<InferenceFailedException>(() => platform.Model.Predict(rows, result));
        rows.SetString(0, 0, "a");
        platform.Model.Predict(rows, result);

        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(("tips", 1), (error.Model, error.Version));
        Assert.Equal([PredictionOutcome.Error, PredictionOutcome.Ok], observer.Seen.Select(s => s.Outcome));
    }

    private static FeatureColumn[] Floats(params string[] names) => [.. names.Select(n => new FeatureColumn(n, FeatureType.Float32, "view"))];
}
