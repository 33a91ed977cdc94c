using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using Mlp.Runtime.Tests.Registry;
using Mlp.Runtime.Versions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

public sealed class VersionFollowerTests
{
    [Fact]
    public async Task Rollback_InThisProcess_TakesEffectWithoutAPollAndWithoutALoad()
    {
        await using var fixture = new Fixture();
        await fixture.OpenAsync();
        await fixture.Platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary()));
        await fixture.WaitForVersionAsync(2);

        await fixture.Platform.MoveAsync(1);
        await fixture.WaitForVersionAsync(1);

        // The clock has stood still, so nobody has polled.
        Assert.Equal((1, 1), (fixture.Registry.LoadsOf(1), fixture.Registry.LoadsOf(2)));
    }

    [Fact]
    public async Task Swap_ToAVersionThatTakesOtherFeatures_DegradesHealthUntilTheNextSwap()
    {
        await using var fixture = new Fixture();
        await fixture.OpenAsync();
        await fixture.Platform.PublishAsync(Package(TestGraphs.Logistic(2, 2), Binary()));
        await Routing.RoutedPlatform.UntilAsync(() => fixture.Platform.Catalog.CheckHealth().Status == HealthStatus.Degraded);

        Assert.Equal(
            "Expected version 2 of model 'tips' to take the features of version 1, which was in service before, but they differ: "
            + "expected feature 0 to be 'x[0]' of type Float32, but found 'x' of type Float32; calls that bring those of the version before are refused.",
            fixture.Platform.Catalog.CheckHealth().Description);

        await fixture.Platform.PublishAsync(Package(TestGraphs.Logistic(3, 3), Binary()));
        await Routing.RoutedPlatform.UntilAsync(() => fixture.Platform.Catalog.CheckHealth().Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task Rollback_WithOneVersionInMemory_LoadsAgain()
    {
        await using var fixture = new Fixture(o => o.MaximumLoadedVersions = 1);
        await fixture.OpenAsync();
        await fixture.Platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary()));
        await fixture.WaitForVersionAsync(2);

        await fixture.Platform.MoveAsync(1);
        await fixture.WaitForVersionAsync(1);

        Assert.Equal(2, fixture.Registry.LoadsOf(1));
    }

    [Fact]
    public async Task Latest_NewVersionPublished_IsServed()
    {
        await using var fixture = new Fixture(o => o.FromLatest());
        await fixture.OpenAsync();
        Assert.Equal("latest", fixture.Platform.Model.Predict([1]).Variant);

        await fixture.Platform.Registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(2), Binary()));
        await fixture.WaitForVersionAsync(2);

        Assert.Null(fixture.Platform.Model.Description!.Alias);
    }

    [Fact]
    public async Task Latest_NothingPublished_SaysSo()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.FromLatest());
        await platform.Catalog.OpenAsync(CancellationToken.None);

        Assert.Equal(
            "Expected model 'tips' to be ready, but the latest version does not exist yet.",
            Assert.Throws<ModelNotReadyException>(() => platform.Model.Predict([1])).Message);
    }

    [Fact]
    public async Task Alias_MovedThroughAnotherRegistry_IsFoundByThePoll()
    {
        await using var fixture = new Fixture();
        await fixture.OpenAsync();
        await fixture.Platform.Registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(2), Binary()));
        var other = TestRegistry.Open(Path.GetDirectoryName(fixture.Platform.RegistryPath)!);
        await other.SetAliasAsync(ModelName, "champion", 2, 1);
        Assert.Equal(1, fixture.Platform.Model.Predict([1]).ModelVersion);

        fixture.Time.Advance(TimeSpan.FromMilliseconds(500));
        await fixture.WaitForVersionAsync(2);
    }

    [Fact]
    public async Task Publish_RepairsADamagedFile_IsTriedAgainAtOnce()
    {
        await using var fixture = new Fixture();
        await fixture.OpenAsync();
        var package = Package(TestGraphs.Logistic(2), Binary());
        var damaged = await fixture.Platform.Registry.PublishAsync(ModelName, package);
        DamagedFiles.Damage(fixture.Platform.RegistryPath, damaged.OnnxSha256, truncated: true);
        await fixture.Platform.MoveAsync(2);
        while (!fixture.Platform.Catalog.CheckHealth().Description!.Contains("version 2 cannot be loaded", StringComparison.Ordinal))
        {
            await Task.Delay(1);
        }

        await fixture.Platform.Registry.PublishAsync(ModelName, package);
        await fixture.WaitForVersionAsync(2);
    }

    [Fact]
    public async Task RefreshAsync_FirstVersion_HasNoProblemFromTheMomentItIsInService()
    {
        await using var fixture = new HostFixture();
        var target = new ServingTarget(ModelName, fixture.Settings.Selector);
        var told = new Told();
        using var follower = new VersionFollower(target, fixture.Host, fixture.Registry, fixture.Settings, fixture.Time, told);
        await follower.RefreshAsync(CancellationToken.None);
        Assert.NotNull(follower.Problem);
        await fixture.PublishAsync(1);
        await fixture.Files.SetAliasAsync(ModelName, "champion", 1, expectedRevision: 0);
        var problems = new List<string?>();
        told.Said = () => problems.Add(target.State == ModelState.Ready ? follower.Problem : "It is not in service.");

        await follower.RefreshAsync(CancellationToken.None);

        Assert.Equal([null], problems);
        await follower.StopAsync(CancellationToken.None);
    }

    /// <summary>Looks when something is logged.</summary>
    private sealed class Told : ILogger
    {
        public Action? Said { get; set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said?.Invoke();
    }

    private sealed class Fixture : IAsyncDisposable
    {
        public Fixture(Action<ModelOptions>? configure = null)
        {
            Platform = new TestPlatform(Time);
            Registry = new WatchedRegistry(Platform.Registry);
            Platform.Services.AddSingleton<IModelRegistry>(Registry);
            Platform.AddModel(ModelName, configure);
        }

        public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

        public TestPlatform Platform { get; }

        public WatchedRegistry Registry { get; }

        public async Task OpenAsync()
        {
            await Platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
            await Platform.Catalog.OpenAsync(CancellationToken.None);
            Assert.Equal(1, Platform.Model.Predict([1]).ModelVersion);
        }

        public async Task WaitForVersionAsync(int version)
        {
            for (var i = 0; i < 100_000 && Platform.Model.Manifest!.Version != version; i++)
            {
                await Task.Delay(1);
            }

            Assert.Equal(1 / (1 + Math.Exp(-version)), Platform.Model.Predict([1]).Score, 1e-6);
        }

        public ValueTask DisposeAsync() => Platform.DisposeAsync();
    }
}
