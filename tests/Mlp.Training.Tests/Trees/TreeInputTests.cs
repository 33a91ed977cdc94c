using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Evaluation;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>What trees refuse, each with its sentence, and how values become columns.</summary>
public sealed class TreeInputTests
{
    public static TheoryData<string, Action<TreeOptions>> WrongSettings => new()
    {
        { "TreeOptions.LearningRate must be between 0.0001 and 1, but is 2.", o => o.LearningRate = 2 },
        { "TreeOptions.MaximumLeaves must be between 2 and 131072, but is 1.", o => o.MaximumLeaves = 1 },
        { "TreeOptions.BaggingFraction or FeatureFraction must be below 1 for RandomForest, but both are 1: all trees would be the same.", o => o.Boosting = TreeBoosting.RandomForest },
        { "TreeOptions.Alpha must be below 1 for Quantile, but is 1.5.", o => (o.Objective, o.Alpha) = (TreeObjective.Quantile, 1.5) },
        { "TreeOptions.GroupColumn must name a column for LambdaRank, but is null.", o => o.Objective = TreeObjective.LambdaRank },
        { "TreeOptions.GroupColumn must be null for Binary, but is 'g'.", o => o.GroupColumn = "g" },
        { "TreeOptions.MonotoneConstraints must be -1, 0 or 1, but is 2 for 'x'.", o => o.MonotoneConstraints["x"] = 2 },
        { "TreeOptions.ClassWeights must be 0 or more, but is -1 for '1'.", o => o.ClassWeights["1"] = -1 },
        { "TreeOptions.Metric must name one metric, but is 'auc,rmse'.", o => o.Metric = "auc,rmse" },
        { "TreeOptions.Parameters must hold names and values without spaces, but has 'a b'.", o => o.Parameters["a b"] = "1" },
        { "TreeOptions.Parameters must not hold 'eta': set LearningRate.", o => o.Parameters["eta"] = "1" },
        { "TreeOptions.Parameters must not hold 'linear_tree': ONNX has no operator for linear models in leaves.", o => o.Parameters["linear_tree"] = "true" },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public void Constructor_WrongSetting_IsRefused(string sentence, Action<TreeOptions> change)
    {
        var options = new TreeOptions();
        change(options);

        Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(() => new TreeTrainer(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Constructor_OptionsChangedLater_HaveNoEffect()
    {
        var options = TreeTrainerTests.Small();
        (options.ValidationShare, options.MaximumIterations) = (0, 3);
        options.Parameters["path_smooth"] = "1";
        var trainer = new TreeTrainer(options);
        options.MaximumIterations = 50;
        options.MonotoneConstraints["nothing"] = 1;

        using var trees = await trainer.FitAsync(SyntheticRows.Create(300, seed: 1));

        Assert.Equal(3, trees.Model.IterationCount);
        Assert.Equal("1", trees.Model.Parameters["path_smooth"]);
    }

    [Fact]
    public async Task FitAsync_ParameterThatLightGbmRefuses_SaysWhatItSays()
    {
        var options = TreeTrainerTests.Small();
        options.Parameters["path_smooth"] = "-1";

        var error = await Assert.ThrowsAsync<LightGbmException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1)));

        Assert.StartsWith("Expected LightGBM to read the rows, but it says: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("path_smooth", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("quality")]
    public async Task FitAsync_MetricThatLightGbmLacks_IsRefused(string metric)
    {
        var options = TreeTrainerTests.Small();
        options.Metric = metric;

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1)));

        Assert.StartsWith($"Expected a metric that LightGBM knows, but found '{metric}'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task FitAsync_MissingLabel_IsRefused() => RefusesAsync(
        Numbers(12).Other("label", Enumerable.Range(0, 12).Aggregate(new FloatArray.Builder(), (b, i) => i == 7 ? b.AppendNull() : b.Append(i % 2)).Build()),
        "Expected a label in every row of column 'label', but row 7 has none.");

    [Fact]
    public Task FitAsync_OneClass_IsRefused() => RefusesAsync(
        Numbers(20).Label("label", new bool[20]), "Expected at least two classes in label 'label', but all 16 training rows hold one. The last 4 of 20 rows validate: mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync).");

    [Fact]
    public Task FitAsync_NeitherZeroNorOne_IsRefused() => RefusesAsync(
        Numbers(20).Label("label", [.. Enumerable.Range(0, 20).Select(i => (float)(i % 3))]), "Expected label 'label' to be 0 or 1 in every row, but row 2 holds another number: make them 0 and 1, or two texts.");

    [Fact]
    public Task FitAsync_ThreeTextsOfABinaryLabel_IsRefused() => RefusesAsync(
        Numbers(20).Label("label", [.. Enumerable.Range(0, 20).Select(i => "abc"[i % 3].ToString())]), "Expected two classes in label 'label', but found 3: MulticlassClassification takes several.");

    [Fact]
    public Task FitAsync_ConstantNumber_IsRefused() => RefusesAsync(
        Numbers(20).Label("label", [.. Enumerable.Repeat(3f, 20)]), "Expected label 'label' to vary, but all 16 training rows hold one number.", o => o.Objective = TreeObjective.Regression);

    [Fact]
    public Task FitAsync_ClassOfValidationRowsOnly_IsRefused() => RefusesAsync(
        Numbers(20).Other("label", Enumerable.Range(0, 20).Aggregate(new StringArray.Builder(), (b, i) => b.Append(i == 19 ? "z" : i % 2 == 0 ? "a" : "b")).Build()),
        "Expected training rows of each class of label 'label', but none of the first 16 rows is of class 'z'. The last 4 of 20 rows validate: mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync).",
        o => o.Objective = TreeObjective.Multiclass);

    [Fact]
    public async Task FitAsync_MoreClassesThanSeen_IsRefused()
    {
        static ArrowTrainingSet Set(params string[] classes) => Numbers(20)
            .Other("label", Enumerable.Range(0, 20).Aggregate(new StringArray.Builder(), (b, i) => b.Append(classes[i % classes.Length])).Build()).Set("label");
        var options = TreeTrainerTests.Small();
        options.Objective = TreeObjective.Multiclass;

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(options).FitAsync(Set("a", "b"), Set("a", "b", "c")));

        Assert.Equal("Expected label 'label' to be one of the 2 classes 'a', 'b', but row 2 holds a class that was not seen.", error.Message);
    }

    [Fact]
    public Task FitAsync_AllNullColumn_IsRefused() => RefusesAsync(
        Numbers(20).Float32("empty", new float?[20]).Label("label", [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0)]),
        "Expected a value of feature 'empty' in at least one training row, but it is missing in all 16: leave the feature out.");

    [Fact]
    public Task FitAsync_TextInANumber_IsRefused() => RefusesAsync(
        Numbers(20).Declare("word", FeatureType.Float64).Other("word", Enumerable.Range(0, 20).Aggregate(new StringArray.Builder(), (b, _) => b.Append("x")).Build())
            .Label("label", [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0)]),
        "Expected column 'word' to hold Float64 values, but found the Arrow type utf8.");

    [Fact]
    public async Task FitAsync_UnknownColumn_IsRefused()
    {
        var set = Numbers(20).Declare("gone", FeatureType.Float32).Label("label", [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0)]);

        var error = await Assert.ThrowsAnyAsync<Exception>(async () => await new TreeTrainer(TreeTrainerTests.Small()).FitAsync(set.Set("label")));

        Assert.Contains("'gone'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone", "Expected the categorical feature 'gone' among the features, but found 'miles', 'fare', 'hour', 'card', 'company'.")]
    [InlineData("miles", "Expected the categorical feature 'miles' to be of type Int64 or String, but found Float32.")]
    public async Task FitAsync_WrongCategoricalFeature_IsRefused(string name, string sentence)
    {
        var options = TreeTrainerTests.Small();
        options.CategoricalFeatures.Add(name);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(100, seed: 1)));

        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone", "Expected the monotone feature 'gone' among the features")]
    [InlineData("company", "Expected the monotone feature 'company' to be a number, but it is a category, which has no order.")]
    public async Task FitAsync_WrongMonotoneFeature_IsRefused(string name, string sentence)
    {
        var options = TreeTrainerTests.Small();
        options.MonotoneConstraints[name] = 1;

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(100, seed: 1)));

        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_WeightsOfUnknownClass_AreRefused()
    {
        var options = TreeTrainerTests.Small();
        options.ClassWeights["maybe"] = 2;

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(100, seed: 1)));

        Assert.StartsWith("Expected class weights for '0', '1', but found 'maybe'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_WeightColumn_CountsRows()
    {
        // Rows of weight 0 count for nothing: the others say that x above 0.5 is class 1.
        var random = new Random(3);
        var x = Enumerable.Range(0, 800).Select(_ => random.NextSingle()).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)])
            .Other("w", Enumerable.Range(0, 800).Aggregate(new DoubleArray.Builder(), (b, i) => b.Append(i % 2)).Build())
            .Label("label", [.. x.Select((v, i) => i % 2 == 1 ? v > 0.5f : v <= 0.5f)]).Set("label");
        var options = TreeTrainerTests.Small();

        using var trees = await new TreeTrainer(options).FitAsync(new ChangedTrainingSet(set, m => m with { WeightColumn = "w" }));

        var scores = trees.Predict(new Rows().Float32("x", 0.1f, 0.9f).Batch());
        Assert.True(scores[1] > 0.9 && scores[0] < 0.1);
    }

    [Fact]
    public async Task FitAsync_ValidationRowsWithoutWeight_AreRefused()
    {
        var rows = Weighted(1);

        var given = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(TreeTrainerTests.Small()).FitAsync(rows, Weighted(0)));
        var last = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(TreeTrainerTests.Small()).FitAsync(Weighted(1, 0)));

        Assert.Equal("Expected a row with a weight above 0, but all 800 validation rows have the weight 0.", given.Message);
        Assert.Equal("Expected a row with a weight above 0, but all 160 validation rows have the weight 0.", last.Message);
    }

    [Theory]
    [InlineData(1e-30, null, true)]
    [InlineData(4e-5, null, true)]
    [InlineData(6e-5, null, false)]
    [InlineData(1.0, null, false)]
    [InlineData(1e-30, "min_child_weight", false)]
    public async Task FitAsync_TinyWeights_AreReported(double weight, string? parameter, bool isReported)
    {
        var warnings = new KeptWarnings<TreeTrainer>();
        var options = TreeTrainerTests.Small();
        options.MinimumRowsInLeaf = 20;
        if (parameter is not null)
        {
            options.Parameters[parameter] = "0";
        }

        using var trees = await new TreeTrainer(options, warnings).FitAsync(Weighted(weight, weight));

        Assert.Equal(isReported ? 1 : 0, warnings.Messages.Count);
        Assert.All(warnings.Messages, m => Assert.StartsWith($"The training rows weigh {weight:G3} on average, so little that 20 of them (MinimumRowsInLeaf) do not reach the 0.001 that LightGBM wants in a leaf (min_sum_hessian_in_leaf)", m, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Export_EveryTypeWithMissingAndUnseenValues_AnswersAsTheTrees()
    {
        var options = TreeTrainerTests.Small();
        options.CategoricalFeatures.Add("hour");
        options.ZeroAsMissing = true;
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(1500, seed: 1));
        var model = trees.Export();

        var rows = new Rows()
            .Float32("miles", 1f, null, float.NaN, float.PositiveInfinity, 0f, 5f)
            .Float64("fare", 10, 1e300, null, double.NegativeInfinity, 20, 0)
            .Int64("hour", 7, long.MaxValue, -5, null, 8, 0)
            .Boolean("card", true, false, null, true, false, true)
            .Text("company", "red", "never seen", null, "", "blue", "white")
            .Label(SyntheticRows.Label, 0f, 1f, 0f, 1f, 0f, 1f).Set(SyntheticRows.Label);
        using var scorer = OnnxScorer.Open("m", model.Onnx, model.Features, model.Output);
        var batch = await SyntheticRows.BatchOf(rows);
        var fromFile = scorer.Score(Mlp.Training.Preprocessing.FeatureTable.Of(batch, model.Features), 0, 6, CancellationToken.None);

        Assert.All(trees.Predict(batch).Zip(fromFile), p => Assert.Equal(p.First, p.Second, 1e-6));
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-6);
    }

    [Fact]
    public async Task Export_OlderOperator_HasOpset17AndAnswersAlike()
    {
        var options = TreeTrainerTests.Small();
        options.Conversion.Operator = TreeOperator.TreeEnsembleRegressor;
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(1500, seed: 1));

        Assert.InRange(trees.Export().ExportProof.MaximumDifference, 0, 1e-6);
    }

    [Fact]
    public async Task Export_Vector_EachElementIsAColumn()
    {
        var random = new Random(1);
        var vectors = Enumerable.Range(0, 400).Select(i => i % 9 == 0 ? null : new[] { random.NextSingle(), random.NextSingle(), random.NextSingle() }).ToArray();
        var set = new Rows().Vector("embedding", 3, vectors).Float32("rank", [.. Enumerable.Range(0, 400).Select(_ => (float?)random.NextSingle())])
            .Label("label", [.. vectors.Select(v => v is not null && v[1] > 0.5f)]).Set("label");

        using var trees = await new TreeTrainer(TreeTrainerTests.Small()).FitAsync(set);

        Assert.Equal(["embedding_0_", "embedding_1_", "embedding_2_", "rank"], trees.Model.FeatureNames);
        Assert.True(trees.FeatureImportance()["embedding"] > trees.FeatureImportance()["rank"]);
        Assert.InRange(trees.Export().ExportProof.MaximumDifference, 0, 1e-6);
    }

    [Fact]
    public async Task Predict_AfterDispose_Throws()
    {
        var trees = await new TreeTrainer(TreeTrainerTests.Small()).FitAsync(SyntheticRows.Create(300, seed: 1));
        var batch = await SyntheticRows.BatchOf(SyntheticRows.Create(10, seed: 1));
        trees.Dispose();

        Assert.Throws<ObjectDisposedException>(() => trees.Predict(batch));
        Assert.Throws<ObjectDisposedException>(() => trees.Export());
    }

    private static Rows Numbers(int count) => new Rows().Float32("x", [.. Enumerable.Range(0, count).Select(i => (float?)i)]);

    private static async Task RefusesAsync(Rows rows, string sentence, Action<TreeOptions>? change = null)
    {
        var options = TreeTrainerTests.Small();
        change?.Invoke(options);

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(options).FitAsync(rows.Set("label")));

        Assert.Equal(sentence, error.Message);
    }

    private static ChangedTrainingSet Weighted(double weight, double? ofTheLast = null)
    {
        var random = new Random(3);
        var x = Enumerable.Range(0, 800).Select(_ => random.NextSingle()).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)])
            .Other("w", Enumerable.Range(0, 800).Aggregate(new DoubleArray.Builder(), (b, i) => b.Append(i < 640 ? weight : ofTheLast ?? weight)).Build())
            .Label("label", [.. x.Select(v => v > 0.5f)]).Set("label");
        return new(set, m => m with { WeightColumn = "w" });
    }
}
