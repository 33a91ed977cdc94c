using System.ComponentModel.DataAnnotations.Schema;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Calls with C# types.</summary>
public sealed class ModelRecordTests
{
    private static readonly IReadOnlyList<FeatureColumn> Columns =
    [
        new("total_miles", FeatureType.Float32, "trips"), new("Stops", FeatureType.Int64, "trips"), new("payment", FeatureType.String, "trips"),
    ];

    private readonly record struct Trip(float TotalMiles, int? Stops, string? Payment);

    private sealed class TripClass
    {
        [Column("total_miles")]
        public byte Distance { get; set; }

        public long Stops { get; set; }

        public string? Payment { get; set; }
    }

    private sealed record Misfit(float TotalMiles, double Stops, string Payment);

    private sealed record Incomplete(float TotalMiles, long Stops);

    private readonly record struct Answer(PredictionId Id, double Score, int ModelVersion, string Variant);

    private readonly record struct Sum(float[] Y);

    private readonly record struct One(float X);

    private readonly record struct Typo(double Scor);

    private readonly record struct WrongType(string Score);

    private readonly record struct Input(float[] X);

    private readonly record struct IntegerInput(int[] X);

    private readonly record struct LongInput(long[] X);

    private readonly record struct Probability(float Yes, double No, int PredictedClass, string PredictedLabel, float Z);

    [Fact]
    public async Task Predict_Records_AnswersEachOne()
    {
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(Weighted(), Regression(), features: Columns), configure: m => m.OnNull("payment", string.Empty).OnNull("Stops", 0), observers: observer);
        var model = platform.Model.As<Trip, Answer>();
        var trips = Enumerable.Range(0, 300).Select(i => new Trip(i, i % 2 == 0 ? i : null, i % 3 == 0 ? null : "a")).ToArray();
        var answers = new Answer[300];

        model.Predict(trips, answers);
        var one = await model.PredictAsync(new Trip(5, 7, "a"));

        for (var i = 0; i < trips.Length; i++)
        {
            Assert.Equal(i + (100 * (i % 2 == 0 ? i : 0)) + (i % 3 == 0 ? 0 : 10_000), answers[i].Score, 1e-2);
        }

        Assert.Equal((10_705, 1, "champion"), (one.Score, one.ModelVersion, one.Variant));
        var seen = observer.Seen.ToList();
        Assert.Equal(301, seen.Count);
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Null, FeatureStatus.Present], seen[1].Status);
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Null, FeatureStatus.Null], seen[3].Status);
        Assert.Equal(answers[299].Id, seen[299].Id);
    }

    [Fact]
    public async Task Predict_Class_TakesNamesOfAttributesAndExactTypes()
    {
        await using var platform = await ServeAsync(Package(Weighted(), Regression(), features: Columns), configure: m => m.OnNull("payment", string.Empty));
        var model = platform.Model.As<TripClass, Sum>();

        Assert.Equal([207f], model.Predict(new TripClass { Distance = 7, Stops = 2 }).Y);
        Assert.Equal("features", Assert.Throws<ArgumentNullException>(() => model.Predict(null!)).ParamName);
    }

    [Fact]
    public async Task Predict_BinaryWithOneProbability_KnowsBothClassesAndOtherOutputs()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.LogisticWithSum(1, 2), Binary() with { ClassNames = ["no", "yes"] }));

        var answer = platform.Model.As<Input, Probability>().Predict(new Input([1, 1]));

        Assert.Equal(0.9525741f, answer.Yes, 1e-6f);
        Assert.Equal(1 - 0.9525741, answer.No, 1e-6);
        Assert.Equal((1, "yes", 3f), (answer.PredictedClass, answer.PredictedLabel, answer.Z));
    }

    [Fact]
    public async Task Predict_ArrayOfAnotherLength_NamesTheProperty()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2), Binary()));
        var model = platform.Model.As<Input, Prediction>();

        Assert.Equal("Expected 2 values in property 'X' (model 'tips' version 1), but found 3.", Assert.Throws<ArgumentException>(() => model.Predict(new Input([1, 2, 3]))).Message);
        Assert.Equal("Expected 2 values in property 'X' (model 'tips' version 1), but found none.", Assert.Throws<ArgumentException>(() => model.Predict(default)).Message);
        Assert.Equal(0.5, model.Predict(new Input([0, 0])).Score);
        Assert.StartsWith("Expected room for 2 results", Assert.Throws<ArgumentException>(() => model.Predict(new Input[2], new Prediction[1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_ArrayOfATypeThatIsHeldExactly_IsTaken()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.LinearDouble(1, 10), Regression()));
        Assert.Equal(32, platform.Model.As<Input, Answer>().Predict(new Input([2, 3])).Score);
        Assert.Equal(32, platform.Model.As<IntegerInput, Answer>().Predict(new IntegerInput([2, 3])).Score);
        Assert.Equal(
            "Expected property 'X' of type 'LongInput' to be Double[] for feature 'x', but found Int64[] (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => platform.Model.As<LongInput, Answer>()).Message);
    }

    [Fact]
    public async Task As_AnswerThatAClassifierDoesNotGive_ListsLabelAndProbabilitiesToo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));

        Assert.Contains(
            "there are 'Id', 'Score', 'PredictedClass', 'ModelVersion', 'Variant', 'PredictedLabel', 'Probabilities', 'p' (model",
            Assert.Throws<ArgumentException>(() => platform.Model.As<One, Typo>()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_TypesThatDoNotFit_NamePropertyTypeAndModel()
    {
        await using var platform = await ServeAsync(Package(Weighted(), Regression(), features: Columns));
        var model = platform.Model;

        Assert.Equal(
            "Expected property 'Stops' of type 'Misfit' to be Int64 for feature 'Stops', but found Double (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => model.As<Misfit, Answer>()).Message);
        Assert.Equal(
            "Expected type 'Incomplete' to have a property of type String for feature 'payment', but found properties 'TotalMiles', 'Stops' (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => model.As<Incomplete, Answer>()).Message);
        Assert.Equal(
            "Expected property 'Scor' of type 'Typo' to be what the model answers, but found no such answer; there are 'Id', 'Score', 'PredictedClass', 'ModelVersion', 'Variant', 'y' (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => model.As<Trip, Typo>()).Message);
        Assert.Equal(
            "Expected property 'Score' of type 'WrongType' to be Double, but found String (model 'tips' version 1).",
            Assert.Throws<ArgumentException>(() => model.As<Trip, WrongType>()).Message);
    }

    [Fact]
    public async Task Predict_VersionMoves_FollowsIt()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2), Binary()), configure: o => o.AliasPollInterval = TimeSpan.FromMilliseconds(10));
        var model = platform.Model.As<Input, Answer>();
        Assert.Equal(1, model.Predict(new Input([0, 0])).ModelVersion);

        await platform.PublishAsync(Package(TestGraphs.Logistic(3, 4), Binary()));
        var answer = model.Predict(new Input([1, 0]));
        for (var i = 0; i < 20_000 && answer.ModelVersion == 1; i++)
        {
            await Task.Delay(10);
            answer = model.Predict(new Input([1, 0]));
        }

        Assert.Equal(2, answer.ModelVersion);
        Assert.Equal(1 / (1 + Math.Exp(-3)), answer.Score, 1e-6);
    }

    /// <summary><c>y = total_miles + 100 stops + 10000 code(payment)</c>, one block per type.</summary>
    private static byte[] Weighted() => TestGraphs.Blocks();
}
