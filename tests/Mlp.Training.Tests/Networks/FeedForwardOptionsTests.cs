using Mlp.Runtime.Models;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class FeedForwardOptionsTests
{
    public static TheoryData<Action<FeedForwardOptions>, string> Violations => new()
    {
        { o => o.LearningRate = 0, "Expected FeedForwardOptions.LearningRate between 1E-07 and 1, but found 0." },
        { o => o.LearningRate = double.NaN, "Expected FeedForwardOptions.LearningRate between 1E-07 and 1, but found NaN." },
        { o => o.Dropout = 1, "Expected FeedForwardOptions.Dropout between 0 and 0.9, but found 1." },
        { o => o.BatchSize = 1, "Expected FeedForwardOptions.BatchSize between 2 and 1048576, but found 1." },
        { o => o.MaxEpochs = 0, "Expected FeedForwardOptions.MaxEpochs between 1 and 100000, but found 0." },
        { o => o.ValidationShare = -0.1, "Expected FeedForwardOptions.ValidationShare between 0 and 0.9, but found -0.1." },
        { o => o.Threads = 0, "Expected FeedForwardOptions.Threads between 1 and 1024, but found 0." },
        { o => o.HiddenLayers = [8, 0], "Expected every entry of FeedForwardOptions.HiddenLayers between 1 and 65536, but found 0." },
        { o => o.HiddenLayers = new int[33], "Expected at most 32 entries in FeedForwardOptions.HiddenLayers, but found 33." },
        { o => o.Task = ModelTask.Ranking, "Expected FeedForwardOptions.Task to be BinaryClassification or Regression, but found Ranking." },
        { o => o.Preprocessing.MaximumCategories = 0, "Expected PreprocessingOptions.MaximumCategories between 1 and 100000, but found 0." },
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
