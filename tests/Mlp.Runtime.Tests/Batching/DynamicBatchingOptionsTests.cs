using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Tests.Inference;

namespace Mlp.Runtime.Tests.Batching;

public sealed class DynamicBatchingOptionsTests
{
    [Fact]
    public void From_Off_IsNone()
    {
        Assert.Null(BatchingSettings.From(new ModelOptions()));

        var settings = BatchingSettings.From(new ModelOptions { PoolSize = 1 }.WithDynamicBatching())!;

        Assert.Equal((64, TimeSpan.FromMilliseconds(5), 1, (int?)null), (settings.MaximumBatchSize, settings.LatencyBudget, settings.LaneCount, settings.MaximumQueueLength));
        Assert.Equal((4 * 64) + 64 + 1, settings.SlotCount(1));
        Assert.Equal(10 + 64 + 1, (settings with { MaximumQueueLength = 10 }).SlotCount(1));
    }

    [Fact]
    public async Task Configuration_IsBound()
    {
        await using var platform = new TestPlatform();
        platform.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MlPlatform:Models:tips:Batching:Enabled"] = "true",
            ["MlPlatform:Models:tips:Batching:MaximumBatchSize"] = "32",
            ["MlPlatform:Models:tips:Batching:LatencyBudget"] = "00:00:00.002",
        }).Build());
        platform.AddModel(TestPlatform.ModelName);

        await using var provider = platform.Services.BuildServiceProvider();
        var batching = provider.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get(TestPlatform.ModelName).Batching;

        Assert.Equal((true, 32, TimeSpan.FromMilliseconds(2)), (batching.Enabled, batching.MaximumBatchSize, batching.LatencyBudget));
    }

    [Theory]
    [InlineData(1, "00:00:00.005", "MaximumBatchSize")]
    [InlineData(1025, "00:00:00.005", "MaximumBatchSize")]
    [InlineData(64, "00:00:00", "LatencyBudget")]
    [InlineData(64, "00:00:11", "LatencyBudget")]
    public async Task OutOfRange_IsRefusedAtStart(int size, string budget, string property)
    {
        await using var platform = new TestPlatform();
        platform.AddModel(
            TestPlatform.ModelName, o => o.WithDynamicBatching(b => (b.MaximumBatchSize, b.LatencyBudget) = (size, TimeSpan.Parse(budget, CultureInfo.InvariantCulture))));

        await using var provider = platform.Services.BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get(TestPlatform.ModelName));

        Assert.Contains(":Batching:" + property + " must be between", error.Message, StringComparison.Ordinal);
    }
}
