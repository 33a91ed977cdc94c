using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Hosting;

public sealed class MonitoringSettingsTests : MonitoredPlatform
{
    [Fact]
    public void AddMonitoring_ConfigurationAndCode_AddUp()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MlPlatform:Monitoring:CommitInterval"] = "00:00:00.100",
            ["MlPlatform:Monitoring:LoggedModels:0"] = "tips",
            ["MlPlatform:Monitoring:DriftMinimumRowCount"] = "7",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        Declare(services);
        services.AddMlPlatform(ml => ml.AddMonitoring(m => m.DetectDrift("tips")).AddMonitoring(m => m.LogPredictions("other")));
        using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<MonitoringOptions>>().Value;

        Assert.Equal(TimeSpan.FromMilliseconds(100), options.CommitInterval);
        Assert.Equal(["tips", "other"], options.LoggedModels);
        Assert.Equal(["tips"], options.DriftModels);
        Assert.Equal(7, options.DriftMinimumRowCount);
        Assert.Single(services, s => s.ServiceType == typeof(IPredictionObserver));
    }

    [Theory]
    [InlineData("CommitInterval", "00:02:00", "MlPlatform:Monitoring:CommitInterval must be between 00:00:00.0010000 and 00:01:00, but is 00:02:00.")]
    [InlineData("BufferByteCount", "10", "MlPlatform:Monitoring:BufferByteCount must be between 65536 and 1073741824, but is 10.")]
    [InlineData("DriftSignificance", "0.9", "MlPlatform:Monitoring:DriftSignificance must be between 1E-06 and 0.5, but is 0.9.")]
    [InlineData("MaximumSegmentAge", "00:00:00", "MlPlatform:Monitoring:MaximumSegmentAge must be between 00:00:01 and 7.00:00:00, but is 00:00:00.")]
    [InlineData("LoggedModels:0", "../tips", "MlPlatform:Monitoring:LoggedModels must hold model names or '*', but holds '../tips'.")]
    [InlineData("LoggedModels:0", "tipps", "MlPlatform:Monitoring:LoggedModels must hold names of models that the application has declared by AddModel, but holds 'tipps'; declared are: 'tips', 'other'.")]
    [InlineData("DriftModels:0", "tipps", "MlPlatform:Monitoring:DriftModels must hold names of models that the application has declared by AddModel, but holds 'tipps'; declared are: 'tips', 'other'.")]
    [InlineData("ProfiledModels:0", "tipps", "MlPlatform:Monitoring:ProfiledModels must hold names of models that the application has declared by AddModel, but holds 'tipps'; declared are: 'tips', 'other'.")]
    [InlineData("ProfileQuantileSketch", "7", "MlPlatform:Monitoring:ProfileQuantileSketch must be DDSketch or Kll, but is '7'.")]
    [InlineData("ProfilePane", "00:07:00", "MlPlatform:Monitoring:ProfilePane must be a whole number of seconds that divides a day, but is 00:07:00.")]
    [InlineData("LoggedModels", "tips", "MlPlatform:Monitoring:LoggedModels must be a list, but is 'tips'.")]
    [InlineData("CommitInterval", "soon", "MlPlatform:Monitoring:CommitInterval must be a time span such as 00:00:30, but is 'soon'.")]
    [InlineData("DriftSignificance", "much", "MlPlatform:Monitoring:DriftSignificance must be a number, but is 'much'.")]
    [InlineData("Drift:tips:Significance", "0.9", "MlPlatform:Monitoring:Drift:tips:Significance must be between 1E-06 and 0.5, but is 0.9.")]
    [InlineData("Drift:tips:CategoricalMethod", "Energy", "MlPlatform:Monitoring:Drift:tips:CategoricalMethod must be a method over bins, but is Energy, which takes numbers only.")]
    [InlineData("Drift:tips:Features:x0:Threshold", "0", "MlPlatform:Monitoring:Drift:tips:Features:x0:Threshold must be between 1E-06 and 1000000, but is 0.")]
    [InlineData("Drift:tipps:MissingShareThreshold", "0.5", "MlPlatform:Monitoring:Drift must hold names of models that the application has declared by AddModel, but holds 'tipps'; declared are: 'tips', 'other'.")]
    [InlineData("DriftWindw", "01:00:00", "MlPlatform:Monitoring:DriftWindw is no setting; the closest is 'DriftWindow'.")]
    public void Options_OutOfRange_AreRefusedWithASentence(string setting, string value, string expected)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["MlPlatform:Monitoring:" + setting] = value }).Build());
        Declare(services);
        services.AddMlPlatform(ml => ml.AddMonitoring());
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<MonitoringOptions>>().Value);

        Assert.Equal([expected], error.Failures);
    }

    [Fact]
    public void DetectDrift_ConfigurationAndCode_AddUp()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MlPlatform:Monitoring:Drift:tips:NumericMethod"] = "Wasserstein",
            ["MlPlatform:Monitoring:Drift:tips:Features:x0:Method"] = "Hellinger",
            ["MlPlatform:Monitoring:Drift:*:Correction"] = "Bonferroni",
        }).Build());
        Declare(services);
        services.AddMlPlatform(ml => ml.AddMonitoring(m => m.DetectDrift("tips", d => d.Features["x1"] = new() { Threshold = 0.3 })));
        using var provider = services.BuildServiceProvider();

        var configuration = provider.GetRequiredService<MonitoringConfiguration>();

        Assert.True(configuration.WatchesDrift("tips"));
        var rules = configuration.Drift.RulesOf("tips");
        Assert.Equal((DriftMethod.Hellinger, 0.1), rules.Of("x0", false));
        Assert.Equal((DriftMethod.Wasserstein, 0.3), rules.Of("x1", false));
        Assert.Equal((DriftMethod.PopulationStabilityIndex, 0.1), rules.Of("x2", true));
        Assert.Equal((MultipleTesting.BenjaminiHochberg, MultipleTesting.Bonferroni), (rules.Correction, configuration.Drift.RulesOf("other").Correction));
    }

    [Fact]
    public void DetectDrift_UnknownMethodInCode_IsRefusedWithASentence()
    {
        var services = new ServiceCollection();
        Declare(services);
        services.AddMlPlatform(ml => ml.AddMonitoring(m => m.DetectDrift("tips", d => d.NumericMethod = (DriftMethod)99)));
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<MonitoringOptions>>().Value);

        Assert.Equal("MlPlatform:Monitoring:Drift:tips:NumericMethod must be one of PopulationStabilityIndex, JensenShannon, Hellinger, TotalVariation, LInfinity, ChiSquare, KolmogorovSmirnov, Wasserstein, Energy, but is 99.", Assert.Single(error.Failures));
    }

    [Fact]
    public async Task Monitoring_NotAdded_SaysWhatToCall()
    {
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(Folder.FullName).Build();

        Assert.Contains("AddMonitoring", Assert.Throws<InvalidOperationException>(() => platform.Monitoring).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogPredictions_MistypedModel_IsRefusedNamingTheDeclaredOnes()
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(Folder.FullName).AddMonitoring(m => m.LogPredictions("tipps"));
        Declare(builder.Services);

        var error = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var platform = builder.Build();
            await platform.StartAsync();
        });

        Assert.Contains("holds 'tipps'; declared are: 'tips', 'other'.", error.Message, StringComparison.Ordinal);
    }
}
