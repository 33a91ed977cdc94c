using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Trees;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Tests.Trees;

/// <summary>Settings and labels that contradict each other, or that would have no effect, are refused with a sentence.</summary>
public sealed class TreeSettingTests
{
    public static TheoryData<string, Action<TreeOptions>> Contradictions => new()
    {
        { "TreeOptions.Boosting must be a known way of boosting, but is 77.", o => o.Boosting = (TreeBoosting)77 },
        { "TreeOptions.Metric must be null beside CustomMetric, which decides when to stop, but is 'auc'.", o => (o.Metric, o.CustomMetric) = ("auc", (_, _, _) => 1) },
        {
            "TreeOptions.ClassWeights must be empty for Regression, which has no classes, but has '1'.", o =>
            {
                o.Objective = TreeObjective.Regression;
                o.ClassWeights["1"] = 5;
            }
        },
        { "TreeOptions.PositiveWeight must be 1 for Poisson, which has no positive class, but is 5.", o => (o.Objective, o.PositiveWeight) = (TreeObjective.Poisson, 5) },
        {
            "TreeOptions.IsDeterministic must be false with 'data_sample_strategy' of 'goss', whose trees depend on the number of threads, but is true.",
            o => o.Parameters["data_sample_strategy"] = "goss"
        },
        { "TreeOptions.Parameters must not hold 'early_stopping_min_delta': it has no effect here.", o => o.Parameters["early_stopping_min_delta"] = "5" },
        { "TreeOptions.Parameters must not hold 'train_metric': set MeasuresTrainingLoss.", o => o.Parameters["train_metric"] = "true" },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Constructor_Contradiction_IsASentence(string sentence, Action<TreeOptions> change)
    {
        var options = TreeTrainerTests.Small();
        change(options);

        Assert.Contains(sentence, Assert.Throws<ArgumentException>(() => new TreeTrainer(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_GossThatNeedNotRepeat_Trains()
    {
        var options = TreeTrainerTests.Small();
        (options.IsDeterministic, options.MaximumIterations) = (false, 3);
        options.Parameters["data_sample_strategy"] = "goss";

        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));

        Assert.Equal(3, trees.History.Count);
    }

    [Fact]
    public async Task FitAsync_ParameterThatLightGbmDoesNotKnow_IsASentence()
    {
        var options = TreeTrainerTests.Small();
        options.Parameters["no_such_parameter"] = "1";

        var e = await Assert.ThrowsAsync<ArgumentException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(100, seed: 1)));

        Assert.StartsWith("Expected TreeOptions.Parameters to hold parameters that LightGBM knows, but found 'no_such_parameter'.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReservedNames_AreLightGbmsWithAllAliases()
    {
        var all = LightGbmParameterNames.All;

        Assert.All(TreeParameters.ReservedNames, name => Assert.Contains(name, all.Keys));
        var reserved = TreeParameters.ReservedNames.Select(n => all[n]).ToHashSet();
        Assert.Equal(all.Where(p => reserved.Contains(p.Value)).Select(p => p.Key).Order(), TreeParameters.ReservedNames.Order());
    }

    [Fact]
    public async Task FitAsync_CustomMetricIsNaN_IsASentence()
    {
        var options = TreeTrainerTests.Small();
        var calls = 0;
        options.CustomMetric = (_, _, _) => ++calls == 3 ? double.NaN : 1.0 / calls;

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1)));

        Assert.Equal("Expected CustomMetric to be a number on the validation rows, but it is NaN after iteration 3.", e.Message);
    }

    [Theory]
    [InlineData(TreeObjective.Poisson, "poisson")]
    [InlineData(TreeObjective.CrossEntropy, "cross_entropy")]
    public async Task ContinueAsync_ObjectiveOfAnotherLink_IsASentence(TreeObjective objective, string name)
    {
        using var trees = await Trainer(TreeObjective.Regression).FitAsync(Shares(1));

        var going = await Assert.ThrowsAsync<InvalidOperationException>(() => Trainer(objective).ContinueAsync(trees, Shares(1)));
        var refit = await Assert.ThrowsAsync<InvalidOperationException>(() => Trainer(objective).RefitAsync(trees, Shares(1)));

        Assert.Equal($"Expected trees whose sums become scores as those of the objective '{name}' do, but found the objective 'regression'.", going.Message);
        Assert.Equal(going.Message, refit.Message);
    }

    [Fact]
    public async Task ContinueAsync_AnotherFactorOfTheSigmoid_IsASentence()
    {
        var options = TreeTrainerTests.Small();
        options.MaximumIterations = 3;
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));
        options.Parameters["sigmoid"] = "0.5";

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => new TreeTrainer(options).ContinueAsync(trees, SyntheticRows.Create(300, seed: 1)));

        Assert.Equal("Expected trees whose sums become scores as those of the objective 'binary sigmoid:0.5' do, but found the objective 'binary sigmoid:1'.", e.Message);
    }

    [Fact]
    public async Task ContinueAsync_AnotherObjectiveOfTheSameLink_GoesOn()
    {
        using var trees = await Trainer(TreeObjective.Regression).FitAsync(Shares(1));

        using var more = await Trainer(TreeObjective.AbsoluteError).ContinueAsync(trees, Shares(1));

        Assert.True(more.Model.IterationCount > trees.Model.IterationCount);
    }

    [Theory]
    [InlineData(TreeObjective.Poisson, -1, "numbers of 0 or more")]
    [InlineData(TreeObjective.Tweedie, -1, "numbers of 0 or more")]
    [InlineData(TreeObjective.Gamma, 0, "numbers above 0")]
    [InlineData(TreeObjective.CrossEntropy, 1.25, "shares from 0 to 1")]
    [InlineData(TreeObjective.CrossEntropyLambda, -0.5, "shares from 0 to 1")]
    [InlineData(TreeObjective.LambdaRank, 0.5, "grades, whole numbers from 0 to 30")]
    [InlineData(TreeObjective.RankXendcg, 31, "grades, whole numbers from 0 to 30")]
    [InlineData(TreeObjective.Regression, 1e300, "numbers within float32")]
    public async Task FitAsync_LabelOutOfRange_IsASentenceWithoutTheValue(TreeObjective objective, double label, string expected)
    {
        var isRanking = objective is TreeObjective.LambdaRank or TreeObjective.RankXendcg;
        var good = Labels(i => isRanking ? i % 3 : (i % 4) switch { 0 => 0.25, 1 => 0.5, 2 => 0.75, _ => 1 });
        var bad = Labels(i => i == 7 ? label : isRanking ? i % 3 : (i % 4) switch { 0 => 0.25, 1 => 0.5, 2 => 0.75, _ => 1 });
        var trainer = Trainer(objective, isRanking ? "group" : null);

        var inTraining = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(bad));
        var inValidation = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(good, bad));

        Assert.Equal($"Expected label 'label' to hold {expected} for {objective}, but row 7 holds another value.", inTraining.Message);
        Assert.Equal(inTraining.Message, inValidation.Message);
    }

    [Fact]
    public async Task FitAsync_GainsForMoreGrades_TakesThem()
    {
        var options = TreeTrainerTests.Small();
        (options.Objective, options.GroupColumn, options.MaximumIterations, options.MinimumRowsInLeaf) = (TreeObjective.LambdaRank, "group", 3, 2);
        options.Parameters["label_gain"] = string.Join(',', Enumerable.Range(0, 41));

        using var trees = await new TreeTrainer(options).FitAsync(Labels(i => i % 3 * 20));

        Assert.Equal(3, trees.History.Count);
    }

    private static TreeTrainer Trainer(TreeObjective objective, string? group = null)
    {
        var options = TreeTrainerTests.Small();
        (options.Objective, options.GroupColumn, options.MaximumIterations, options.ValidationShare) = (objective, group, 5, 0);
        return new TreeTrainer(options);
    }

    private static ArrowTrainingSet Shares(int seed)
    {
        var random = new Random(seed);
        var x = Enumerable.Range(0, 300).Select(_ => random.NextSingle()).ToArray();
        return new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Label("label", x).Set("label");
    }

    private static ArrowTrainingSet Labels(Func<int, double> label)
    {
        var random = new Random(3);
        return new Rows().Float32("x", [.. Enumerable.Range(0, 120).Select(_ => (float?)random.NextSingle())])
            .Other("group", new Int64Array.Builder().AppendRange(Enumerable.Range(0, 120).Select(i => i / 10L)).Build())
            .Other("label", new DoubleArray.Builder().AppendRange(Enumerable.Range(0, 120).Select(label)).Build()).Set("label");
    }
}
