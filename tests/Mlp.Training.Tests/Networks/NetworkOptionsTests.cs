using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

public sealed class NetworkOptionsTests
{
    public static TheoryData<Action<NetworkOptions>, string> Violations => new()
    {
        { o => o.LearningRate = 0, "NetworkOptions.LearningRate must be between 1E-07 and 1, but is 0." },
        { o => o.LearningRate = double.NaN, "NetworkOptions.LearningRate must be between 1E-07 and 1, but is NaN." },
        { o => o.Dropout = 1, "NetworkOptions.Dropout must be between 0 and 0.9, but is 1." },
        { o => o.BatchSize = 1, "NetworkOptions.BatchSize must be between 2 and 1048576, but is 1." },
        { o => o.MaxEpochs = 0, "NetworkOptions.MaxEpochs must be between 1 and 100000, but is 0." },
        { o => o.ValidationShare = -0.1, "NetworkOptions.ValidationShare must be between 0 and 0.9, but is -0.1." },
        { o => o.Threads = 0, "NetworkOptions.Threads must be between 1 and 1024, but is 0." },
        { o => o.HiddenLayers = [8, 0], "NetworkOptions.HiddenLayers[1] must be between 1 and 65536, but is 0." },
        { o => o.HiddenLayers = new int[33], "NetworkOptions.HiddenLayers must have at most 32 entries, but has 33." },
        { o => o.Task = ModelTask.Ranking, "NetworkOptions.GroupColumn must name the column whose equal rows are ranked together, but is empty." },
        { o => o.Loss.Kind = NetworkLossKind.Huber, "NetworkOptions.Loss.Kind must be Default or LogLoss for BinaryClassification, but is Huber." },
        { o => o.Loss.ClassWeights["1"] = 0, "NetworkOptions.Loss.ClassWeights.1 must be above 0, but is 0." },
        { o => (o.Task, o.Loss.LabelSmoothing) = (ModelTask.Regression, 0.1), "NetworkOptions.Loss must have no weights of classes and no smoothing for Regression, which has no classes." },
        { o => o.StopMetric = ValidationMetric.Ndcg, "NetworkOptions.StopMetric must be Loss or Auc or Accuracy for BinaryClassification, but is Ndcg." },
        { o => o.ClassNames.Add("only"), "NetworkOptions.ClassNames must be two different names, or empty, but has 1 entries." },
        { o => o.Optimizer.Momentum = 1, "NetworkOptions.Optimizer.Momentum must be between 0 and 0.9999, but is 1." },
        { o => o.Optimizer.ClipNorm = 0, "NetworkOptions.Optimizer.ClipNorm must be between 1E-06 and 1000000, but is 0." },
        { o => o.Optimizer.Kind = (OptimizerKind)9, "NetworkOptions.Optimizer.Kind must be AdamW or Adam or Sgd, but is 9." },
        { o => o.Schedule.Kind = ScheduleKind.MultiStep, "NetworkOptions.Schedule.Milestones must have an entry for MultiStep, but is empty." },
        { o => o.Checkpoints.KeepLast = 0, "NetworkOptions.Checkpoints.KeepLast must be between 1 and 1000, but is 0." },
        { o => o.AverageDecay = 1, "NetworkOptions.AverageDecay must be between 0 and 0.999999, but is 1." },
        { o => (o.Stream.IsEnabled, _) = (true, o.Preprocessing.For("city").TargetEncode()), "NetworkOptions.Stream.IsEnabled must be false where a feature becomes the mean of its labels, as 'city' does, but is true." },
        { o => (o.Definition, o.HiddenLayers) = (new(Layer.Output()), [4, 2]), "NetworkOptions.HiddenLayers must be null beside a Definition, which says all layers, but has 2 entries." },
        { o => (o.Task, o.Loss.HuberDelta) = (ModelTask.Regression, 2), "NetworkOptions.Loss.HuberDelta must be 1 for a loss other than Huber, which it is for, but is 2." },
        { o => (o.Task, o.Loss.Quantile) = (ModelTask.Regression, 0.9), "NetworkOptions.Loss.Quantile must be 0.5 for a loss other than Quantile, which it is for, but is 0.9." },
        { o => o.GroupColumn = "g", "NetworkOptions.GroupColumn must be null for BinaryClassification, which has no groups, but is 'g'." },
        { WithClassNames, "NetworkOptions.ClassNames must be empty for Regression, which has no classes, but has 2 entries." },
        { o => (o.Optimizer.Kind, o.Optimizer.Momentum, o.Optimizer.Nesterov) = (OptimizerKind.Sgd, 0, true), "NetworkOptions.Optimizer.Nesterov must be false for a Momentum of 0, which has nothing to look ahead by, but is true." },
        { o => o.Optimizer.Nesterov = true, "NetworkOptions.Optimizer.Nesterov must be false for AdamW, which has nothing to look ahead by, but is true." },
        { o => o.Preprocessing.MaximumCategories = 0, "NetworkOptions.Preprocessing.MaximumCategories must be between 1 and 100000, but is 0." },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void Constructor_SettingOutOfRange_NamesPropertyRangeAndValue(Action<NetworkOptions> change, string sentence)
    {
        var options = new NetworkOptions();
        change(options);

        var error = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options));

        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_Defaults_AreValid()
        => Assert.Equal([64, 32], NetworkSettings.From(new NetworkOptions()).Options.HiddenLayers!);

    [Fact]
    public void From_LaterChanges_HaveNoEffect()
    {
        var options = new NetworkOptions { HiddenLayers = [4], Preprocessing = { CategoricalFeatures = { "a" } } };
        var settings = NetworkSettings.From(options);

        options.HiddenLayers[0] = 5;
        options.Preprocessing.CategoricalFeatures.Add("b");
        options.Optimizer.Beta1 = 0.5;
        options.Schedule.Milestones.Add(3);

        Assert.Equal([4], settings.Options.HiddenLayers!);
        Assert.Equal(["a"], settings.Options.Preprocessing.CategoricalFeatures);
        Assert.Equal(0.9, settings.Options.Optimizer.Beta1);
        Assert.Empty(settings.Options.Schedule.Milestones);
    }

    [Fact]
    public void Describe_Settings_NameWhatBearsOnTheWeightsAndNothingElse()
    {
        var options = new NetworkOptions { ResumeFrom = "somewhere", PrefetchBatches = 7 };
        options.Checkpoints.Directory = "folder";

        var described = NetworkSettings.From(options).Describe(Encoding());

        Assert.Equal("0.001", described["LearningRate"]);
        Assert.Equal("\"AdamW\"", described["Optimizer.Kind"]);
        Assert.Equal("64", described["Preprocessing.MaximumCategories"]);
        Assert.Equal("64", described["Definition.layers[0].units"]);
        Assert.DoesNotContain(described.Keys, k => k.StartsWith("Checkpoints", StringComparison.Ordinal) || k is "ResumeFrom" or "PrefetchBatches" or "Callbacks");
    }

    private static void WithClassNames(NetworkOptions options)
    {
        options.Task = ModelTask.Regression;
        options.ClassNames.Add("a");
        options.ClassNames.Add("b");
    }

    private static FeatureEncoding Encoding()
    {
        var rows = new Rows().Float32("x", 1f, 2f);
        return FeatureEncoding.Learn(FeatureTable.Of(rows.Batch(), rows.Features), 2, new());
    }
}
