using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Hosting;

public sealed class TrainingBuilderExtensionsTests
{
    [Fact]
    public void AddTraining_Twice_RegistersOneOfEachAndAppliesBothActions()
    {
        var builder = new Builder();

        builder.AddTraining(o => o.Seed = 1).AddTraining(o => o.BatchSize = 32, g => g.MinimumRows = 7);

        using var services = builder.Services.BuildServiceProvider();
        Assert.Single(services.GetServices<NetworkTrainer>());
        Assert.Single(services.GetServices<ChampionGate>());
        var options = services.GetRequiredService<IOptions<NetworkOptions>>().Value;
        Assert.Equal((1, 32), (options.Seed, options.BatchSize));
        Assert.Equal(7, services.GetRequiredService<IOptions<GateOptions>>().Value.MinimumRows);
    }

    [Fact]
    public void AddTraining_Configuration_IsBound()
    {
        var builder = new Builder();
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(new Section(new()
        {
            ["MlPlatform:Training:Network:HiddenLayers:0"] = "12",
            ["MlPlatform:Training:Network:LearningRate"] = "0.02",
            ["MlPlatform:Training:Network:Preprocessing:CategoricalFeatures:0"] = "area",
            ["MlPlatform:Training:Network:Preprocessing:Features:age:Scaling"] = "Robust",
            ["MlPlatform:Training:Network:Preprocessing:Features:age:RobustLowerQuantile"] = "0.1",
            ["MlPlatform:Training:Network:Preprocessing:Features:fare:Buckets"] = "Edges",
            ["MlPlatform:Training:Network:Preprocessing:Features:fare:BucketEdges:0"] = "1.5",
            ["MlPlatform:Training:Gate:Metric"] = "Brier",
        })).Build());

        builder.AddTraining(o => o.MaxEpochs = 3);

        using var services = builder.Services.BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<NetworkOptions>>().Value;
        Assert.Equal([12], options.HiddenLayers!);
        Assert.Equal((0.02, 3), (options.LearningRate, options.MaxEpochs));
        Assert.Equal(["area"], options.Preprocessing.CategoricalFeatures);
        Assert.Equal((NumberScaling.Robust, 0.1), (options.Preprocessing.For("age").Scaling, options.Preprocessing.For("age").RobustLowerQuantile));
        Assert.Equal([1.5], options.Preprocessing.For("fare").BucketEdges!);
        Assert.Equal(GateMetric.Brier, services.GetRequiredService<IOptions<GateOptions>>().Value.Metric);
    }

    [Fact]
    public void AddTraining_ContradictionInARecipe_IsRefusedAtStartByItsPath()
    {
        var builder = new Builder();
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(new Section(new() { ["MlPlatform:Training:Network:Preprocessing:Features:age:BucketCount"] = "3" })).Build());
        builder.AddTraining();
        using var services = builder.Services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<NetworkOptions>>().Value);

        Assert.Equal("MlPlatform:Training:Network:Preprocessing:Features:age:BucketCount must be left out except where Buckets is Uniform or Quantile, but is set.", error.Message);
    }

    [Fact]
    public async Task AddTraining_DataDirectory_HasATrackerWithItsSettings()
    {
        using var folder = new TempDirectory();
        var builder = new Builder();
        builder.Services.AddSingleton(new DataDirectory(folder.FullName, MlPlatformMode.Owner));
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(new Section(new() { ["MlPlatform:Training:Runs:CommitInterval"] = "00:00:05" })).Build());
        builder.AddTraining();
        await using var services = builder.Services.BuildServiceProvider();

        var tracker = services.GetRequiredService<IRunTracker>();
        await using (var run = tracker.Start(new RunDescription("tips") { Name = "a" }))
        {
            await run.FinishAsync();
        }

        Assert.Equal(RunStatus.Finished, (await tracker.ReadAsync("tips", "a")).Status);
        Assert.Equal(TimeSpan.FromSeconds(5), services.GetRequiredService<IOptions<RunTrackerOptions>>().Value.CommitInterval);
    }

    [Fact]
    public void AddTraining_SettingOutOfRange_FailsWithTheSentence()
    {
        var builder = new Builder();
        builder.AddTraining(o => o.Dropout = 2, g => g.Confidence = 1);
        using var services = builder.Services.BuildServiceProvider();

        var network = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<NetworkTrainer>());
        var gate = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<ChampionGate>());

        Assert.Equal("MlPlatform:Training:Network:Dropout must be between 0 and 0.9, but is 2.", network.Message);
        Assert.Equal("MlPlatform:Training:Gate:Confidence must be between 0.5 and 0.9999, but is 1.", gate.Message);
    }

    [Theory]
    [InlineData("Network:LearningRate", "-1", "MlPlatform:Training:Network:LearningRate must be between 1E-07 and 1, but is -1.")]
    [InlineData("Network:LearningRate", "fast", "MlPlatform:Training:Network:LearningRate must be a number, but is 'fast'.")]
    [InlineData("Network:HiddenLayers:0", "0", "MlPlatform:Training:Network:HiddenLayers:0 must be between 1 and 65536, but is 0.")]
    [InlineData("Network:Preprocessing:MaximumCategories", "0", "MlPlatform:Training:Network:Preprocessing:MaximumCategories must be between 1 and 100000, but is 0.")]
    [InlineData("Network:Preprocessing:MaximumCategory", "1", "MlPlatform:Training:Network:Preprocessing:MaximumCategory is no setting; the closest is 'MaximumCategories'.")]
    [InlineData("Gate:MinimumRows", "-1", "MlPlatform:Training:Gate:MinimumRows must be between 1 and 1000000000, but is -1.")]
    [InlineData("Gate:Metric", "Best", "MlPlatform:Training:Gate:Metric must be Auc or LogLoss or Brier or RootMeanSquaredError or AveragePrecision or Accuracy or F1 or MeanAbsoluteError or RSquared or MacroF1 or MacroAuc or Ndcg or MeanReciprocalRank or MeanAveragePrecision, but is 'Best'.")]
    public void Build_WithoutAHost_ChecksTheSettingsOfTraining(string setting, string value, string expected)
    {
        using var folder = new TempDirectory();
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(folder.Combine("data")).AddTraining();
        builder.Services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().Add(new Section(new() { ["MlPlatform:Training:" + setting] = value })).Build());

        var error = Assert.Throws<OptionsValidationException>(() => builder.Build());

        Assert.Equal([expected], error.Failures);
        Assert.False(Directory.Exists(folder.Combine("data")));
    }

    private sealed class Builder : IMlPlatformBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();
    }

    private sealed class Section(Dictionary<string, string?> values) : ConfigurationProvider, IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder)
        {
            Data = values;
            return this;
        }
    }
}
