using Mlp.Runtime.Models;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class FeedForwardOptionsTests
{
    public static TheoryData<Action<FeedForwardOptions>, string> Violations => new()
    {
        { o => o.LearningRate = 0, "FeedForwardOptions.LearningRate must be between 1E-07 and 1, but is 0." },
        { o => o.LearningRate = double.NaN, "FeedForwardOptions.LearningRate must be between 1E-07 and 1, but is NaN." },
        { o => o.Dropout = 1, "FeedForwardOptions.Dropout must be between 0 and 0.9, but is 1." },
        { o => o.BatchSize = 1, "FeedForwardOptions.BatchSize must be between 2 and 1048576, but is 1." },
        { o => o.MaxEpochs = 0, "FeedForwardOptions.MaxEpochs must be between 1 and 100000, but is 0." },
        { o => o.ValidationShare = -0.1, "FeedForwardOptions.ValidationShare must be between 0 and 0.9, but is -0.1." },
        { o => o.Threads = 0, "FeedForwardOptions.Threads must be between 1 and 1024, but is 0." },
        { o => o.HiddenLayers = [8, 0], "FeedForwardOptions.HiddenLayers[1] must be between 1 and 65536, but is 0." },
        { o => o.HiddenLayers = new int[33], "FeedForwardOptions.HiddenLayers must have at most 32 entries, but has 33." },
        { o => o.Task = ModelTask.Ranking, "FeedForwardOptions.Task must be BinaryClassification or Regression, but is Ranking." },
        { o => o.Preprocessing.MaximumCategories = 0, "FeedForwardOptions.Preprocessing.MaximumCategories must be between 1 and 100000, but is 0." },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void Constructor_SettingOutOfRange_NamesPropertyRangeAndValue(Action<FeedForwardOptions> change, string sentence)
    {
        var options = new FeedForwardOptions();
        change(options);

        var error = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options));

        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void From_Defaults_AreValid()
        => Assert.Equal([64, 32], FeedForwardSettings.From(new FeedForwardOptions()).HiddenLayers);

    [Fact]
    public void From_LaterChanges_HaveNoEffect()
    {
        var options = new FeedForwardOptions { HiddenLayers = [4], Preprocessing = { CategoricalFeatures = { "a" } } };
        var settings = FeedForwardSettings.From(options);

        options.HiddenLayers[0] = 5;
        options.Preprocessing.CategoricalFeatures.Add("b");

        Assert.Equal([4], settings.HiddenLayers);
        Assert.Equal(["a"], settings.Preprocessing.CategoricalFeatures);
    }
}
