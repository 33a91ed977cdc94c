using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;

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
        var options = services.GetRequiredService<IOptions<FeedForwardOptions>>().Value;
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
            ["MlPlatform:Training:Gate:Metric"] = "Brier",
        })).Build());

        builder.AddTraining(o => o.MaxEpochs = 3);

        using var services = builder.Services.BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<FeedForwardOptions>>().Value;
        Assert.Equal([12], options.HiddenLayers!);
        Assert.Equal((0.02, 3), (options.LearningRate, options.MaxEpochs));
        Assert.Equal(["area"], options.Preprocessing.CategoricalFeatures);
        Assert.Equal(GateMetric.Brier, services.GetRequiredService<IOptions<GateOptions>>().Value.Metric);
    }

    [Fact]
    public void AddTraining_SettingOutOfRange_FailsWithTheSentence()
    {
        var builder = new Builder();
        builder.AddTraining(o => o.Dropout = 2, g => g.Confidence = 1);
        using var services = builder.Services.BuildServiceProvider();

        var network = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<NetworkTrainer>());
        var gate = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<ChampionGate>());

        Assert.Equal("Expected FeedForwardOptions.Dropout between 0 and 0.9, but found 2.", network.Message);
        Assert.Equal("Expected GateOptions.Confidence between 0.5 and 0.9999, but found 1.", gate.Message);
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
