using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Statistics;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

public sealed class TreeRegistrationTests
{
    [Fact]
    public void AddTraining_Trees_AreBoundFromTheConfigurationAndChangedByTheAction()
    {
        var builder = new Builder();
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(new Section(new()
        {
            ["MlPlatform:Training:Trees:Objective"] = "Poisson",
            ["MlPlatform:Training:Trees:LearningRate"] = "0.02",
            ["MlPlatform:Training:Trees:CategoricalFeatures:0"] = "area",
            ["MlPlatform:Training:Trees:MonotoneConstraints:fare"] = "-1",
            ["MlPlatform:Training:Trees:Parameters:path_smooth"] = "2",
            ["MlPlatform:Training:Trees:Conversion:Operator"] = "TreeEnsembleRegressor",
        })).Build());

        builder.AddTraining(configureTrees: o => o.MaximumLeaves = 7);

        using var services = builder.Services.BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<TreeOptions>>().Value;
        Assert.Equal((TreeObjective.Poisson, 0.02, 7, TreeOperator.TreeEnsembleRegressor), (options.Objective, options.LearningRate, options.MaximumLeaves, options.Conversion.Operator));
        Assert.Equal(["area"], options.CategoricalFeatures);
        Assert.Equal(-1, options.MonotoneConstraints["fare"]);
        Assert.Equal("2", options.Parameters["path_smooth"]);
        Assert.NotNull(services.GetRequiredService<TreeTrainer>());
        Assert.IsType<TreeEstimator>(services.GetRequiredService<IEstimator>());
    }

    [Fact]
    public void AddTraining_TreeSettingOutOfRange_FailsWithTheSentence()
    {
        var builder = new Builder();
        builder.AddTraining(configureTrees: o => (o.L2, o.Parameters["eta"]) = (-1, "1"));
        using var services = builder.Services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<TreeTrainer>());

        Assert.Equal(
            ["MlPlatform:Training:Trees:L2 must be between 0 and 1000000, but is -1.", "MlPlatform:Training:Trees:Parameters must not hold 'eta': set LearningRate."], error.Failures);
    }

    [Fact]
    public void AddTraining_EstimatorOfTheHost_Stays()
    {
        var builder = new Builder();
        builder.Services.AddSingleton<IEstimator>(new RidgeLogisticEstimator());

        builder.AddTraining();

        using var services = builder.Services.BuildServiceProvider();
        Assert.IsType<RidgeLogisticEstimator>(services.GetRequiredService<IEstimator>());
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
