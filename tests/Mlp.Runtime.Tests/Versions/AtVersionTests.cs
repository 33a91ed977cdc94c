using Microsoft.Extensions.DependencyInjection;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

public sealed class AtVersionTests
{
    [Fact]
    public async Task Call_OfAnotherVersion_AnswersAsThatVersionAndTellsObservers()
    {
        var observer = new TestObserver();
        await using var platform = await ServeVersionsAsync(2, observers: observer);
        var old = platform.Model.AtVersion(1);
        Assert.Same(old, platform.Model.AtVersion(1));
        Assert.Equal(ModelState.Unloaded, old.State);

        var prediction = old.Predict([1]);

        Assert.Equal((1, "v1"), (prediction.ModelVersion, prediction.Variant));
        Assert.Equal(Logistic(1), prediction.Score, 1e-6);
        Assert.Equal((2, "champion"), (platform.Model.Predict([1]).ModelVersion, platform.Model.Predict([1]).Variant));
        Assert.Equal([(2, "champion"), (1, "v1")], observer.Attached.Select(a => (a.Manifest.Version, a.Variant)));
        Assert.Equal((1, ModelState.Ready), (old.Manifest!.Version, old.State));
        Assert.Equal(2, platform.Model.Manifest!.Version);
    }

    [Fact]
    public async Task Call_OfTheVersionInService_SharesItAndHasItsOwnVariant()
    {
        await using var platform = await ServeVersionsAsync(1);
        var prediction = platform.Model.AtVersion(1).Predict([1]);

        Assert.Equal((1, "v1"), (prediction.ModelVersion, prediction.Variant));
        Assert.Equal(1, Registry(platform).LoadsOf(1));
    }

    [Fact]
    public async Task Call_MoreVersionsThanThereIsRoomFor_LetsTheLeastRecentlyCalledGo()
    {
        await using var platform = await ServeVersionsAsync(4, o => o.MaximumLoadedVersions = 3);
        var model = platform.Model;

        foreach (var version in new[] { 1, 2, 1, 3 })
        {
            Assert.Equal(version, model.AtVersion(version).Predict([1]).ModelVersion);
            await Task.Delay(3);
        }

        Assert.Equal((ModelState.Ready, ModelState.Unloaded, ModelState.Ready), (model.AtVersion(1).State, model.AtVersion(2).State, model.AtVersion(3).State));
        Assert.Equal(4, model.Predict([1]).ModelVersion);
    }

    [Fact]
    public async Task AtVersion_NoSuchVersion_Throws()
    {
        await using var platform = await ServeVersionsAsync(1);

        Assert.Equal(
            "Expected version 9 of model 'tips' in the registry, but found no such version.",
            Assert.Throws<ModelNotFoundException>(() => platform.Model.AtVersion(9)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => platform.Model.AtVersion(0));
    }

    [Fact]
    public async Task Call_VersionHasGone_Throws()
    {
        await using var platform = await ServeVersionsAsync(2);
        var old = platform.Model.AtVersion(1);
        Directory.Delete(Path.Combine(platform.RegistryPath, "models", ModelName, "versions", "1"), recursive: true);

        var error = Assert.Throws<ModelNotFoundException>(() => old.Predict([1]));

        Assert.Equal("Expected version 1 of model 'tips' in the registry, but found no such version.", error.Message);
        Assert.Equal("version 1 cannot be loaded: " + error.Message.TrimEnd('.'), old.UnavailableReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_FileDamaged_Throws(bool truncated)
    {
        await using var platform = await ServeVersionsAsync(2);
        var manifest = platform.Registry.FindVersion(ModelName, 1)!;
        DamagedFiles.Damage(platform.RegistryPath, manifest.OnnxSha256, truncated);

        var error = Assert.Throws<CorruptFileException>(() => platform.Model.AtVersion(1).Predict([1]));

        Assert.StartsWith($"Expected the ONNX file of model 'tips' version 1 with SHA-256 {manifest.OnnxSha256} at '", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, platform.Model.Predict([1]).ModelVersion);
    }

    [Fact]
    public async Task Call_AfterClose_IsRefused()
    {
        await using var platform = await ServeVersionsAsync(2);
        var old = platform.Model.AtVersion(1);
        old.Predict([1]);

        await platform.Catalog.CloseAsync(CancellationToken.None);

        Assert.Equal("Expected model 'tips' to be ready, but the platform has been closed.", Assert.Throws<ModelNotReadyException>(() => old.Predict([1])).Message);
    }

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    private static WatchedRegistry Registry(TestPlatform platform) => (WatchedRegistry)platform.Services.Last(s => s.ServiceType == typeof(IModelRegistry)).ImplementationInstance!;

    /// <summary>Version v answers 1 with the logistic of v; the last one is in service.</summary>
    private static async Task<TestPlatform> ServeVersionsAsync(int count, Action<ModelOptions>? configure = null, params IPredictionObserver[] observers)
    {
        var platform = new TestPlatform(observers: observers);
        platform.Services.AddSingleton<IModelRegistry>(new WatchedRegistry(platform.Registry));
        platform.AddModel(ModelName, configure);
        for (var version = 1; version <= count; version++)
        {
            await platform.PublishAsync(Package(TestGraphs.Logistic(version), Binary()));
        }

        await platform.Catalog.OpenAsync(CancellationToken.None);
        return platform;
    }
}
