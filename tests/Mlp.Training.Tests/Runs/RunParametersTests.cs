using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Evaluation.LearningCurves;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Runs;
using Mlp.Training.Search;
using Mlp.Training.Tests.Evaluation.Folds;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Runs;

public sealed class RunParametersTests
{
    [Fact]
    public void Parameters_Network_AreItsKindAndSettings()
    {
        var options = new NetworkOptions { HiddenLayers = [128, 64], LearningRate = 0.003, Preprocessing = { CategoricalFeatures = { "area", "hour" } }, Optimizer = { Kind = OptimizerKind.Sgd } };
        options.Preprocessing.For("fare").RobustScale();
        options.Loss.ClassWeights["1"] = 2.5;

        var parameters = new NetworkTrainer(options).Parameters;

        Assert.Equal(("network", "binary-classification", "128, 64", "0.003"), (parameters["Kind"], parameters["Task"], parameters["HiddenLayers"], parameters["LearningRate"]));
        Assert.Equal(("area, hour", "Sgd", "2.5"), (parameters["Preprocessing.CategoricalFeatures"], parameters["Optimizer.Kind"], parameters["Loss.ClassWeights.1"]));
        Assert.Contains(parameters.Keys, k => k.StartsWith("Preprocessing.Features.fare.", StringComparison.Ordinal));
        Assert.Equal("256", parameters["BatchSize"]);
        Assert.DoesNotContain("Definition", parameters.Keys);
        Assert.DoesNotContain("ClassNames", parameters.Keys);
    }

    [Fact]
    public void Parameters_GivenLayers_AreNamed()
    {
        var parameters = new NetworkTrainer(new NetworkOptions { Definition = new([Layer.Linear(7), Layer.Relu(), Layer.Output()]) }).Parameters;

        Assert.Contains("\"linear\"", parameters["Definition"], StringComparison.Ordinal);
        Assert.DoesNotContain('\n', parameters["Definition"]);
    }

    [Fact]
    public async Task Parameters_Trees_AreThoseOfTheTrainerAndOfLightGbm()
    {
        var trainer = new TreeTrainer(new TreeOptions { MaximumIterations = 3, MaximumLeaves = 7, Threads = 1, Parameters = { ["path_smooth"] = "2" }, MonotoneConstraints = { ["miles"] = 1 }, CustomMetric = (_, _, _) => 1 });

        using var trees = await trainer.FitAsync(SyntheticRows.Create(300, seed: 1));

        Assert.Equal(("trees", "Binary", "7", "2", "1"), (trainer.Parameters["Kind"], trainer.Parameters["Objective"], trainer.Parameters["MaximumLeaves"], trainer.Parameters["Parameters.path_smooth"], trainer.Parameters["MonotoneConstraints.miles"]));
        Assert.Equal("a function of the application", trainer.Parameters["CustomMetric"]);
        Assert.Subset(trees.Parameters.ToHashSet(), trainer.Parameters.ToHashSet());
        Assert.Equal(("7", "2"), (trees.Parameters["num_leaves"], trees.Parameters["path_smooth"]));
        Assert.Equal(trees.Parameters, ModelLineage.Read(trees.Export().Onnx).Parameters);
    }

    [Fact]
    public void Parameters_TrainerOfTheApplication_AreItsType()
        => Assert.Equal(new Dictionary<string, string> { ["Kind"] = nameof(StubTrainer) }, ((ITrainer)new StubTrainer(ModelTask.Regression, (_, _) => [])).Parameters);

    [Fact]
    public async Task Export_FilesWereUsed_TellsNoFolder()
    {
        using var directory = new TempDirectory();
        var rows = SyntheticRows.Create(300, seed: 1);
        var first = NetworkTrainerTests.Small();
        first.MaxEpochs = 1;
        using var before = await new NetworkTrainer(first).FitAsync(rows);
        before.SaveWeights(directory.Combine("start.safetensors"));
        var options = NetworkTrainerTests.Small();
        (options.MaxEpochs, options.InitialWeights, options.Checkpoints.Directory) = (1, directory.Combine("start.safetensors"), directory.Combine("checkpoints"));
        using var network = await new NetworkTrainer(options).FitAsync(rows);
        await File.WriteAllTextAsync(directory.Combine("splits.json"), "{}");
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 2, Parameters = { ["forcedsplits_filename"] = directory.Combine("splits.json") } }).FitAsync(rows);

        var ofNetwork = ModelLineage.Read(network.Export().Onnx).Parameters;
        var ofTrees = ModelLineage.Read(trees.Export().Onnx).Parameters;

        Assert.Equal("start.safetensors", ofNetwork["InitialWeights"]);
        Assert.Equal(("splits.json", "splits.json"), (ofTrees["Parameters.forcedsplits_filename"], ofTrees["forcedsplits_filename"]));
        Assert.All(ofNetwork.Values.Concat(ofTrees.Values), v => Assert.DoesNotContain(directory.FullName, v, StringComparison.Ordinal));
        Assert.DoesNotContain("num_threads", ofTrees.Keys);
    }

    [Fact]
    public void With_TextModelOfTheCommandLine_TellsNoFolder()
    {
        var all = TreeSettings.With(
            new Dictionary<string, string>(),
            new Dictionary<string, string> { ["data"] = "/home/me/train.csv", ["output_model"] = "/home/me/m.txt", ["forcedbins_filename"] = "C:\\me\\bins.json", ["num_leaves"] = "31", ["metric"] = "" });

        Assert.Equal(new Dictionary<string, string> { ["forcedbins_filename"] = "bins.json", ["num_leaves"] = "31" }, all);
    }

    [Fact]
    public void Of_NamesAndValuesThatRunsDoNotTake_AreMadeFit()
    {
        var settings = new Dictionary<string, string> { ["Features.größe (m)/x"] = "a", ["Features.gr__e _m__x"] = "b", [new string('n', 300)] = "c", ["long"] = new string('v', 3000), ["other"] = new string('v', 2999) + "w" };

        var parameters = RunParameters.Of(settings);

        Assert.Equal(settings.Count, parameters.Count);
        Assert.All(parameters.Keys, k => RunNames.RequireKey(k, "parameter", "name"));
        Assert.Contains("trainer.Features.gr__e _m__x", parameters.Keys);
        Assert.InRange(parameters["trainer.long"].Length, 2001, 2050);
        Assert.NotEqual(parameters["trainer.long"], parameters["trainer.other"]);
    }

    [Fact]
    public async Task LogTrainer_RunOfOnesOwn_HasTheSettings()
    {
        using var fixture = new TrackerFixture();
        var tracker = fixture.Tracker;
        var trainer = new TreeTrainer(new TreeOptions { MaximumLeaves = 9 });
        await using var run = tracker.Start(new RunDescription("tips") { Name = "one" });

        run.LogTrainer(trainer);
        run.LogTrainer(trainer);
        Assert.Throws<InvalidOperationException>(() => run.LogTrainer(new TreeTrainer(new TreeOptions { MaximumLeaves = 10 })));
        await run.FinishAsync();

        var read = await tracker.ReadAsync("tips", "one");
        Assert.Equal(("trees", "9", "0.1"), (read.Parameters["trainer.Kind"], read.Parameters["trainer.MaximumLeaves"], read.Parameters["trainer.LearningRate"]));
    }

    [Fact]
    public async Task LogTrainer_AnotherTrainer_LogsNothingAndSaysSo()
    {
        using var fixture = new TrackerFixture();
        var tracker = fixture.Tracker;
        var trainer = new TreeTrainer(new TreeOptions());
        await using var run = tracker.Start(new RunDescription("tips") { Name = "one" });
        run.LogTrainer(trainer);

        var error = Assert.Throws<InvalidOperationException>(() => run.LogTrainer(new NetworkTrainer(new NetworkOptions())));
        await run.FinishAsync();

        Assert.Matches("^Expected one trainer in run 'one' of experiment 'tips', but another one was logged before, whose 'trainer\\.[A-Za-z]+' is another: give each trainer a run of its own\\.$", error.Message);
        Assert.Equal(RunParameters.Of(trainer.Parameters), (await tracker.ReadAsync("tips", "one")).Parameters.OrderBy(p => p.Key, StringComparer.Ordinal));
        Assert.Throws<InvalidOperationException>(() => run.LogTrainer(trainer));
    }

    [Fact]
    public async Task RunAsync_CrossValidationSearchAndCurve_KnowWhatWasTrained()
    {
        using var fixture = new TrackerFixture();
        var tracker = fixture.Tracker;
        var rows = SyntheticRows.Create(400, seed: 1);
        ITrainer Trees(int leaves) => new TreeTrainer(new TreeOptions { MaximumLeaves = leaves, MaximumIterations = 2, Threads = 1 });

        await CrossValidation.RunAsync(Trees(5), rows, new CrossValidationOptions { FoldCount = 2, Experiment = "cv", RunName = "trees" }, tracker);
        var space = new SearchSpace().Int("leaves", 3, 3);
        foreach (var (name, objective) in new[]
        {
            ("holdout", TrainerObjective.Holdout(t => Trees(t.Parameters.GetInt("leaves")), rows, SyntheticRows.Create(200, seed: 2))),
            ("folds", TrainerObjective.CrossValidated(t => Trees(t.Parameters.GetInt("leaves")), rows, "log_loss", new CrossValidationOptions { FoldCount = 2 })),
        })
        {
            await new HyperparameterSearch(tracker, "search", name, space, new SearchOptions { TrialCount = 1 }).RunAsync(objective);
        }

        var curve = await LearningCurve.MeasureAsync(Trees(4), rows, SyntheticRows.Create(200, seed: 2), new LearningCurveOptions { Repeats = 1, Shares = [0.5, 1] });

        var parent = await tracker.ReadAsync("cv", "trees");
        Assert.Equal(("5", "trees", "2", "Stratified"), (parent.Parameters["trainer.MaximumLeaves"], parent.Parameters["trainer.Kind"], parent.Parameters["folds"], parent.Parameters["scheme"]));
        var trials = await tracker.ListAsync("search");
        Assert.Equal(2, trials.Count);
        Assert.All(trials, t => Assert.Equal(("3", "3"), (t.Parameters["leaves"], t.Parameters["trainer.MaximumLeaves"])));
        Assert.Equal("4", curve.Parameters["MaximumLeaves"]);
    }
}
