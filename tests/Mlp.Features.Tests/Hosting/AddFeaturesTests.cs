using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Mlp.Features.Definitions;
using Mlp.Features.Tests.Definitions;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Hosting;

public sealed class AddFeaturesTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    [Fact]
    public async Task AddFeatures_SeveralCalls_AddUpToOneStore()
    {
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName)
            .AddFeatures(f => f.Add<AreaStats>())
            .AddFeatures(f => f.AddService("areas", 1, s => s.From<AreaStats>()))
            .Build();
        await platform.StartAsync();

        var store = platform.Services.GetRequiredService<FeatureStore>();
        Assert.NotNull(store.Catalog.FindService("areas"));
        var result = await store.IngestAsync([new AreaStats(1, DateTimeOffset.UnixEpoch, 1f)]);
        Assert.Equal(1, result.RowCount);
        Assert.True(File.Exists(_temp.Combine("features", "definitions", "area_stats", "v1.json")));
    }

    [Fact]
    public async Task CheckHealth_DataFileGone_IsUnhealthyAndNamesIt()
    {
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).AddFeatures(f => f.Add<AreaStats>()).Build();
        var component = platform.Services.GetServices<IPlatformComponent>().Single(c => c.Name == "offline-store");
        Assert.Equal(HealthStatus.Unhealthy, component.CheckHealth().Status);

        await platform.StartAsync();
        await platform.Services.GetRequiredService<FeatureStore>().IngestAsync([new AreaStats(1, DateTimeOffset.UnixEpoch, 1f)]);
        Assert.Equal(HealthStatus.Healthy, component.CheckHealth().Status);

        var file = Directory.EnumerateFiles(_temp.FullName, "*.parquet", SearchOption.AllDirectories).Single();
        File.Delete(file);
        var health = component.CheckHealth();
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Contains(file, health.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_ChangedViewUnderTheSameVersion_IsRefused()
    {
        FeatureStore.Open(_temp.FullName, new Mlp.Features.Hosting.FeaturesBuilder().Add<AreaStats>().Build());
        var changed = new FeatureViewBuilder("area_stats").Key("area", Runtime.Data.EntityValueKind.Int64).EventTime("at").CreatedTimeEqualsEventTime()
            .Feature("mean_fare", Runtime.Data.FeatureType.Float64).TimeToLive(TimeSpan.FromSeconds(60)).Build();
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).AddFeatures(f => f.Add(changed)).Build();

        var e = await Assert.ThrowsAnyAsync<Exception>(() => platform.StartAsync());
        var conflict = Assert.IsType<DefinitionConflictException>(e as DefinitionConflictException ?? e.InnerException);
        Assert.Equal(["field 'mean_fare': stored Float32, found Float64"], conflict.Differences);
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).AddFeatures();
        builder.Services.Configure<FeatureStoreOptions>(o => o.DuckDbThreads = 0);
        using var provider = builder.Services.BuildServiceProvider();

        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<FeatureStoreOptions>>().Value);
        Assert.Equal(["MlPlatform:Features:DuckDbThreads must be between 1 and 1024, but is 0."], e.Failures);
    }

    [Fact]
    public async Task FeatureStore_KeptAfterTheEnd_TakesNothingMore()
    {
        var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).AddFeatures(f => f.Add<AreaStats>()).Build();
        var store = platform.Features;
        var early = await Assert.ThrowsAsync<InvalidOperationException>(() => store.IngestAsync<AreaStats>([]));
        var earlyPush = await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.PushAsync<AreaStats>([]));
        await platform.StartAsync();
        await platform.DisposeAsync();

        var late = await Assert.ThrowsAsync<InvalidOperationException>(() => store.IngestAsync<AreaStats>([]));
        var latePush = await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.PushAsync<AreaStats>([]));

        Assert.Equal("Expected the feature store to be open, but the platform has not been started: start the host or the platform first.", early.Message);
        Assert.Equal("Expected the online store to be open, but the platform has not been started: start the host or the platform first.", earlyPush.Message);
        Assert.Equal("Expected the feature store to be open, but the platform has been closed.", late.Message);
        Assert.Equal("Expected the online store to be open, but the platform has been closed.", latePush.Message);
        Assert.Throws<InvalidOperationException>(() => platform.Features);
    }

    public void Dispose() => _temp.Dispose();
}
