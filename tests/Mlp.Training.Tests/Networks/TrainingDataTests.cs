using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Networks;

/// <summary>Rows that cannot be trained on, each with its sentence.</summary>
public sealed class TrainingDataTests
{
    [Fact]
    public Task FitAsync_NoRows_SaysSo()
        => RefusesAsync(new Rows().Float32("x").Label("y", System.Array.Empty<float>()).Set("y"), "Expected at least one row, but the training set is empty.");

    [Fact]
    public Task FitAsync_NoLabelNamed_SaysSo()
        => RefusesAsync(new Rows().Float32("x", 1f).Set(), "Expected a training set with a label column, but its manifest names none.");

    [Fact]
    public Task FitAsync_LabelColumnMissing_NamesItAndWhatIsThere()
        => RefusesAsync(new ChangedTrainingSet(new Rows().Float32("x", 1f).Label("y", true).Set("y"), m => m with { LabelColumns = ["z"] }), "Expected the label column 'z', but found 'x', 'y'.", "z");

    [Fact]
    public Task FitAsync_TwoLabelsNamed_NamesThem()
        => RefusesAsync(
            new ChangedTrainingSet(new Rows().Float32("x", 1f).Label("y", true).Set("y"), m => m with { LabelColumns = ["y", "z"] }),
            "Expected a training set with one label column, but its manifest names 'y', 'z'.");

    [Fact]
    public Task FitAsync_WeightIsNegative_NamesTheRow()
        => RefusesAsync(
            new ChangedTrainingSet(new Rows().Float32("x", 1f, -1f).Label("w", 1f, -1f).Label("y", true, false).Set("y"), m => m with { WeightColumn = "w" }),
            "Expected a weight of 0 or more in every row of column 'w', but row 1 has a negative one.",
            "w",
            1);

    [Theory]
    [InlineData(float.NaN, "one that is no finite float32")]
    [InlineData(float.PositiveInfinity, "one that is no finite float32")]
    [InlineData(null, "none")]
    public Task FitAsync_WeightIsNoNumber_SaysWhatItIs(float? weight, string found)
        => RefusesAsync(
            new ChangedTrainingSet(new Rows().Float32("x", 1f, -1f).Float32("w", 1f, weight).Label("y", true, false).Set("y"), m => m with { WeightColumn = "w", Features = [m.Features[0]] }),
            $"Expected a weight of 0 or more in every row of column 'w', but row 1 has {found}.",
            "w",
            1);

    [Fact]
    public async Task FitAsync_ValidationSetIsEmpty_SaysWhichSetIs()
    {
        var rows = new Rows().Float32("x", [.. Enumerable.Range(0, 20).Select(i => (float?)i)]).Label("y", [.. Enumerable.Range(0, 20).Select(i => (float)(i % 2))]).Set("y");
        var empty = new Rows().Float32("x").Label("y", System.Array.Empty<float>()).Set("y");
        Mlp.Training.ITrainer[] trainers = [new NetworkTrainer(new NetworkOptions()), new NetworkTrainer(new NetworkOptions { Stream = { IsEnabled = true } }), new Mlp.Training.Trees.TreeTrainer(new())];

        foreach (var trainer in trainers)
        {
            var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(rows, empty));
            Assert.Equal("Expected at least one row, but the validation set is empty.", error.Message);
        }
    }

    [Fact]
    public Task FitAsync_RegressionLabelsDifferByTooLittle_SaysSo()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f).Other("y", new DoubleArray.Builder().AppendRange([1e-300, 2e-300, 3e-300]).Build()).Set("y"),
            "Expected label 'y' and its deviation to be within the range of float32, but in the 2 training rows the numbers are too large, or differ by too little: change the unit of the label.",
            "y",
            task: ModelTask.Regression);

    [Fact]
    public Task FitAsync_WeightsAreZero_SaysSo()
        => RefusesAsync(
            new ChangedTrainingSet(Twelve().Label("w", new float[12]).Set("y"), m => m with { WeightColumn = "w" }),
            "Expected a row with a weight above 0, but all 9 training rows have the weight 0.",
            validationShare: 0.25);

    [Fact]
    public Task FitAsync_WeightsOfTheValidationRowsAreZero_SaysWhich()
        => RefusesAsync(
            new ChangedTrainingSet(Twelve().Label("w", [.. Enumerable.Range(0, 12).Select(i => i < 9 ? 1f : 0f)]).Set("y"), m => m with { WeightColumn = "w" }),
            "Expected a row with a weight above 0, but all 3 validation rows have the weight 0.",
            validationShare: 0.25);

    [Fact]
    public Task FitAsync_ClassWithoutTrainingRows_NamesIt()
        => RefusesAsync(
            new Rows().Float32("x", [.. Enumerable.Range(0, 10).Select(i => (float?)i)]).Label("y", "a", "b", "a", "b", "a", "b", "a", "b", "c", "c").Set("y"),
            "Expected rows of every class of label 'y' among the 8 training rows, but there is none of the class 'c'. The last 2 of 10 rows validate: mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync).",
            "y",
            task: ModelTask.MulticlassClassification);

    [Fact]
    public async Task FitAsync_ValidationHasAClassMore_NamesTheRow()
    {
        var trainer = new NetworkTrainer(new NetworkOptions { Task = ModelTask.MulticlassClassification, MaxEpochs = 1 });
        var rows = new Rows().Float32("x", [.. Enumerable.Range(0, 10).Select(i => (float?)i)]).Label("y", "a", "b", "a", "b", "a", "b", "a", "b", "a", "a").Set("y");
        var validation = new Rows().Float32("x", 1f, 2f).Label("y", "a", "c").Set("y");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(rows, validation));

        Assert.Equal("Expected label 'y' to be one of the 2 classes 'a', 'b', but row 1 holds a class that was not seen.", error.Message);
    }

    [Fact]
    public async Task FitAsync_WeightedClassDoesNotExist_NamesIt()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(
            () => new NetworkTrainer(new NetworkOptions { Loss = { ClassWeights = { ["yes"] = 2 } } }).FitAsync(Twelve().Set("y")));

        Assert.Equal("Expected the weighted class 'yes' among the classes of label 'y', but found '0', '1'.", error.Message);
    }

    [Fact]
    public async Task FitAsync_NothingToRank_SaysSo()
    {
        var trainer = new NetworkTrainer(new NetworkOptions { Task = ModelTask.Ranking, GroupColumn = "g", ValidationShare = 0 });
        var rows = new Rows().Float32("x", 1f, 2f, 3f).Label("y", 1, 1, 2).Time("g", 1, 1, 2).Set("y");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(rows));

        Assert.Equal("Expected a group with different labels in column 'y', but the rows of every group are alike: there is nothing to rank.", error.Message);
    }

    [Fact]
    public Task FitAsync_NoFeatures_SaysSo()
        => RefusesAsync(new Rows().Label("y", true, false).Set("y"), "Expected at least one feature, but the training set's manifest names none.");

    [Fact]
    public Task FitAsync_LabelIsTwo_NamesTheRow()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f, 4f).Label("y", 0, 1, 2, 0).Set("y"), "Expected label 'y' to be 0 or 1 in every row, but row 2 holds another number: make them 0 and 1, or two texts.", "y", 2);

    [Fact]
    public Task FitAsync_LabelIsNull_NamesTheRow()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f).Other("y", new Int64Array.Builder().Append(1).AppendNull().Build()).Set("y"),
            "Expected a label in every row of column 'y', but row 1 has none.",
            "y",
            1);

    [Fact]
    public Task FitAsync_ThreeTexts_NamesTheTaskThatTakesThem()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f).Label("y", "a", "b", "c").Set("y"),
            "Expected two classes in label 'y', but found 3: MulticlassClassification takes several.",
            "y");

    [Fact]
    public Task FitAsync_LabelIsTextForRegression_NamesTheType()
        => RefusesAsync(
            new Rows().Float32("x", 1f).Other("y", new StringArray.Builder().Append("yes").Build()).Set("y"),
            "Expected the label column 'y' to hold truth values or numbers, but found the Arrow type utf8.",
            "y",
            task: ModelTask.Regression);

    [Fact]
    public Task FitAsync_OneClass_SaysWhich()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f, 4f).Label("y", true, true, true, true).Set("y"),
            "Expected both classes in label 'y', but all 3 training rows hold the class 1. The last 1 of 4 rows validate: mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync).",
            "y");

    [Fact]
    public Task FitAsync_OneTrainingRow_SaysHowMany()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f).Label("y", true, false).Time("t", 5, 6).Set("y", "t"),
            "Expected at least 2 training rows, but only 1 of 2 rows lie before the validation rows: bring more rows, or a smaller validation share.",
            validationShare: 0.5);

    [Fact]
    public Task FitAsync_AllRowsAtOneTime_SaysHowMany()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f).Label("y", true, false, true).Time("t", 5, 5, 5).Set("y", "t"),
            "Expected at least 2 training rows, but only 0 of 3 rows lie before the validation rows: bring more rows, or a smaller validation share.",
            validationShare: 0.5);

    [Fact]
    public Task FitAsync_RowsOutOfOrder_NamesTheRow()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f).Label("y", true, false, true).Time("t", 5, 7, 6).Set("y", "t"),
            "Expected rows in order of the time column 't', but row 2 is earlier than the row before it: order the question (the spine) by time.",
            "t",
            2);

    [Fact]
    public Task FitAsync_TimeIsNull_NamesTheRow()
        => RefusesAsync(
            new Rows().Float32("x", 1f).Label("y", true).Other("t", new TimestampArray.Builder(TimeUnit.Microsecond, "UTC").AppendNull().Build()).Set("y", "t"),
            "Expected a time in every row of column 't', but row 0 has none.",
            "t",
            0);

    [Fact]
    public Task FitAsync_NumbersTooLarge_NamesTheColumn()
        => RefusesAsync(
            new Rows().Float64("x", 1e300, -1e300, 1).Label("y", true, false, true).Set("y"),
            "Expected numbers below 1e150 in magnitude in column 'x', but found some that have no standard deviation.",
            "x");

    [Fact]
    public Task FitAsync_ConstantRegressionLabel_SaysSo()
        => RefusesAsync(
            new Rows().Float32("x", 1f, 2f, 3f).Label("y", 7, 7, 7).Set("y"),
            "Expected label 'y' to vary, but all 2 training rows hold one number.",
            "y",
            task: ModelTask.Regression);

    [Theory]
    [InlineData(1f)]
    [InlineData(0.1f)]
    [InlineData(7.7f)]
    [InlineData(1234567f)]
    public async Task FitAsync_ConstantRegressionLabelThatNoMeanHits_SaysSo(float label)
    {
        // The mean of so many equal numbers is not that number, so their deviation is not 0.
        var set = new Rows().Float32("x", [.. Enumerable.Range(0, 800).Select(i => (float?)i)]).Label("y", [.. Enumerable.Repeat(label, 800)]).Set("y");
        const string Sentence = "Expected label 'y' to vary, but all 640 training rows hold one number.";

        await RefusesAsync(set, Sentence, "y", task: ModelTask.Regression);
        var streaming = new NetworkOptions { Task = ModelTask.Regression, MaxEpochs = 1, Stream = { IsEnabled = true } };
        Assert.Equal(Sentence, (await Assert.ThrowsAsync<TrainingDataException>(() => new NetworkTrainer(streaming).FitAsync(set))).Message);
    }

    [Fact]
    public async Task FitAsync_LabelOfAValidationRowLeavesFloat32_NamesTheRow()
    {
        var rows = new Rows().Float32("x", [.. Enumerable.Range(0, 12).Select(i => (float?)i)]).Label("y", [.. Enumerable.Range(0, 12).Select(i => (float)i)]).Set("y");
        var validation = new Rows().Float32("x", 1f, 2f).Other("y", new DoubleArray.Builder().Append(1).Append(1e300).Build()).Set("y");
        var trainer = new NetworkTrainer(new NetworkOptions { Task = ModelTask.Regression, MaxEpochs = 1 });

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(rows, validation));

        Assert.Equal("Expected label 'y' within the range of float32 in the rows that validate, but row 1 is beyond it.", error.Message);
        Assert.Equal(("y", 1L), (error.Column, error.Row));
    }

    [Fact]
    public async Task FitAsync_ValidationLossLeavesTheNumbers_BlamesThoseRows()
    {
        // The square of the standardised label is infinite in float32, the label itself is not.
        var rows = new Rows().Float32("x", [.. Enumerable.Range(0, 12).Select(i => (float?)i)]).Label("y", [.. Enumerable.Range(0, 12).Select(i => (float)i)]).Set("y");
        var validation = new Rows().Float32("x", 1f, 2f).Label("y", 1, 1e30f).Set("y");
        var trainer = new NetworkTrainer(new NetworkOptions { Task = ModelTask.Regression, MaxEpochs = 3 });

        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => trainer.FitAsync(rows, validation));

        Assert.Equal((DivergencePhase.Validation, 3), (error.Phase, error.Epoch));
        Assert.Equal(
            "Expected a finite loss of the rows that validate, but it left the numbers in each of 3 epochs: try a learning rate below 0.001, or look for extreme labels and features among those rows.",
            error.Message);
    }

    [Fact]
    public async Task FitAsync_PlateauWithoutValidation_IsRefused()
    {
        var trainer = new NetworkTrainer(new NetworkOptions { ValidationShare = 0, Schedule = { Kind = ScheduleKind.ReduceOnPlateau } });

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(Twelve().Set("y")));

        Assert.StartsWith("Expected rows that validate for the schedule ReduceOnPlateau", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_WarmUpLongerThanTraining_IsRefused()
    {
        var options = new NetworkOptions { MaxEpochs = 3, BatchSize = 4, ValidationShare = 0, Schedule = { WarmUpSteps = 10 } };

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => new NetworkTrainer(options).FitAsync(Twelve().Set("y")));

        Assert.Equal("Expected a training longer than its warm-up of 10 steps, but 3 epochs of 3 steps are 9: the learning rate would never be reached.", error.Message);
        options.Schedule.WarmUpSteps = 9;
        (await new NetworkTrainer(options).FitAsync(Twelve().Set("y"))).Dispose();
    }

    [Theory]
    [InlineData(FeatureType.Float32)]
    [InlineData(FeatureType.Float64)]
    [InlineData(FeatureType.String)]
    [InlineData(FeatureType.Boolean)]
    public async Task FitAsync_FeatureWithoutAValue_IsRefusedByNetworksAndTreesAlike(FeatureType type)
    {
        var rows = type switch
        {
            FeatureType.Float32 => Twelve().Float32("z", new float?[12]),
            FeatureType.Float64 => Twelve().Float64("z", new double?[12]),
            FeatureType.String => Twelve().Text("z", new string?[12]),
            _ => Twelve().Boolean("z", new bool?[12]),
        };
        var set = rows.Set("y");

        var network = await Assert.ThrowsAsync<TrainingDataException>(() => new NetworkTrainer(new NetworkOptions()).FitAsync(set));
        var trees = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(new TreeOptions()).FitAsync(set));

        Assert.Equal("Expected a value of feature 'z' in at least one training row, but it is missing in all 10: leave the feature out.", network.Message);
        Assert.Equal((network.Message, network.Column), (trees.Message, trees.Column));
    }

    private static Rows Twelve()
        => new Rows().Float32("x", [.. Enumerable.Range(0, 12).Select(i => (float?)i)]).Label("y", [.. Enumerable.Range(0, 12).Select(i => i % 2 == 0)]);

    private static async Task RefusesAsync(
        ITrainingSet set, string sentence, string? column = null, long row = -1, double validationShare = 0.2, ModelTask task = ModelTask.BinaryClassification)
    {
        var trainer = new NetworkTrainer(new NetworkOptions { MaxEpochs = 1, ValidationShare = validationShare, Task = task });

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(set));

        Assert.Equal(sentence, error.Message);
        Assert.Equal((column, row), (error.Column, error.Row));
    }
}
