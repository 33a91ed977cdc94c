using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class ModelCatalogTests
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task Open_AliasMissing_StartsDegradedAndServesOnceItAppears()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var platform = new TestPlatform(time);
        platform.AddModel(ModelName);
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var health = platform.Catalog.CheckHealth();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Equal("Expected model 'tips' to serve alias 'champion', but alias 'champion' does not exist yet; the model is not in service.", health.Description);
        Assert.Equal(ModelState.Unavailable, platform.Model.State);
        var error = Assert.Throws<ModelNotReadyException>(() => platform.Model.Predict([1]));
        Assert.Equal("Expected model 'tips' to be ready, but alias 'champion' does not exist yet.", error.Message);
        Assert.True(error.IsTransient);

        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
        await AdvanceUntilAsync(time, () => platform.Model.State == ModelState.Ready);

        Assert.Equal(1, platform.Model.Predict([1]).ModelVersion);
        Assert.Equal(HealthStatus.Healthy, platform.Catalog.CheckHealth().Status);
        Assert.Null(platform.Model.UnavailableReason);
        Assert.Equal("champion", platform.Model.Description!.Alias);
    }

    [Fact]
    public async Task Watch_AliasMoves_ServesTheNewVersion()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var observer = new TestObserver();
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), time, observers: observer);

        await platform.PublishAsync(Package(TestGraphs.Logistic(5), Binary()));
        await AdvanceUntilAsync(time, () => platform.Model.Manifest!.Version == 2);

        Assert.Equal(1 / (1 + Math.Exp(-5)), platform.Model.Predict([1]).Score, 1e-6);
        Assert.Equal([1, 2], observer.Attached.Select(a => a.Manifest.Version));
        Assert.All(observer.Attached, a => Assert.Equal("champion", a.Variant));

        await platform.MoveAsync(1);
        await AdvanceUntilAsync(time, () => platform.Model.Manifest!.Version == 1);
        Assert.Equal(1 / (1 + Math.Exp(-1)), platform.Model.Predict([1]).Score, 1e-6);
    }

    [Fact]
    public async Task Watch_NewVersionIsDamaged_KeepsTheOldOneAndSaysWhy()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), time);

        var damaged = await platform.Registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(5), Binary()));
        var blob = Directory.GetFiles(platform.RegistryPath, damaged.OnnxSha256[2..], SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(blob);
        bytes[^1] ^= 1;
        File.SetAttributes(blob, FileAttributes.Normal);
        await File.WriteAllBytesAsync(blob, bytes);
        await platform.MoveAsync(damaged.Version);
        await AdvanceUntilAsync(time, () => platform.Catalog.CheckHealth().Status == HealthStatus.Degraded);

        Assert.Contains("version 2 cannot be loaded", platform.Catalog.CheckHealth().Description, StringComparison.Ordinal);
        Assert.EndsWith("; version 1 goes on answering.", platform.Catalog.CheckHealth().Description, StringComparison.Ordinal);
        Assert.Equal(ModelState.Ready, platform.Model.State);
        Assert.Equal(1, platform.Model.Predict([1]).ModelVersion);

        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes);
        await AdvanceUntilAsync(time, () => platform.Model.Manifest!.Version == 2);
        Assert.Equal(HealthStatus.Healthy, platform.Catalog.CheckHealth().Status);
    }

    [Fact]
    public async Task Open_FingerprintDiffers_IsRefusedNamingBoth()
    {
        var features = TestFeatures.Floats(1);
        var package = Package(TestGraphs.Logistic(1), Binary(), features.Description);
        features.Description = features.Description with { Fingerprint = new string('b', 64) };
        await using var platform = await ServeAsync(package, features: features);

        Assert.Equal(ModelState.Unavailable, platform.Model.State);
        Assert.Equal(
            "version 1 cannot be loaded: Expected feature service 'trips' version 1 with fingerprint aaaaaaaaaaaa, on which the model was trained, but found bbbbbbbbbbbb: its definition has changed (model 'tips' version 1)",
            platform.Model.UnavailableReason);
    }

    [Fact]
    public async Task Open_FeaturesDiffer_IsRefusedNamingTheFirst()
    {
        var features = TestFeatures.Floats(2);
        var package = Package(TestGraphs.Logistic(1, 2), Binary(), features.Description) with
        {
            Features = [new("f0", FeatureType.Float32, "view"), new("other", FeatureType.Float32, "view")],
        };
        await using var platform = await ServeAsync(package, features: features);

        Assert.Contains(
            "Expected feature 1 to be 'other' of type Float32, but found 'f1' of type Float32 in feature service 'trips' version 1 (model 'tips' version 1)",
            platform.Model.UnavailableReason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ServiceOrSourceMissing_SaysWhich()
    {
        var trained = TestFeatures.Floats(1);
        var package = Package(TestGraphs.Logistic(1), Binary(), trained.Description);
        await using var without = await ServeAsync(package);
        trained.Description = trained.Description with { Name = "other" };
        await using var other = await ServeAsync(package, features: trained);
        await using var wanted = await ServeAsync(package, features: trained, configure: o => o.WithFeatures("other"));

        Assert.Contains("Expected feature service 'trips' version 1, but found no feature source", without.Model.UnavailableReason, StringComparison.Ordinal);
        Assert.Contains("Expected feature service 'trips' version 1, but found no such service", other.Model.UnavailableReason, StringComparison.Ordinal);
        Assert.Contains("Expected a model trained on feature service 'other', but found 'trips'", wanted.Model.UnavailableReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FixedVersion_DoesNotFollowTheAlias()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), time, configure: o => o.FromVersion(1));

        await platform.PublishAsync(Package(TestGraphs.Logistic(5), Binary()));
        time.Advance(Poll * 3);

        Assert.Equal(1, platform.Model.Predict([1]).ModelVersion);
        Assert.Null(platform.Model.Description!.Alias);
    }

    [Fact]
    public async Task Close_WhileACallReads_WaitsForItAndRefusesNewOnes()
    {
        var read = new TaskCompletionSource();
        var features = TestFeatures.Floats(1);
        features.Pending = _ => read.Task;
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features);

        var call = platform.Model.PredictAsync(new EntityValue[] { "a" });
        var closing = platform.Catalog.CloseAsync(CancellationToken.None);
        Assert.False(closing.IsCompleted);
        Assert.Equal(
            "Expected model 'tips' to be ready, but the platform has been closed.",
            (await Assert.ThrowsAsync<ModelNotReadyException>(async () => await platform.Model.PredictAsync(new EntityValue[] { "a" }))).Message);

        read.SetResult();
        Assert.Equal(1, (await call).ModelVersion);
        await closing;
    }

    [Fact]
    public async Task Close_WithoutOpen_DoesNothing()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);

        await platform.Catalog.CloseAsync(CancellationToken.None);
        await platform.Catalog.CloseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task GetModel_NotDeclared_NamesThoseThatAre()
    {
        await using var platform = new TestPlatform();
        platform.AddModel("a").AddModel("b");

        Assert.Equal(
            "Expected a model that the application has declared by AddModel, but found no 'c'; declared are: 'a', 'b'.",
            Assert.Throws<ModelNotFoundException>(() => platform.Catalog.GetModel("c")).Message);
    }

    [Fact]
    public async Task AddModel_Twice_AppliesBothSettingsToOneModel()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.FromAlias("canary")).AddModel(ModelName, o => o.PoolSize = 3);

        var model = Assert.IsType<Model>(Assert.Single(platform.Catalog.Models));
        Assert.Equal(("canary", 3), (model.Settings.Alias, model.Settings.PoolSize));
        Assert.Single(platform.Services, s => s.ServiceType == typeof(IPlatformComponent));
    }

    [Fact]
    public void AddModel_WrongSettings_NameThePropertyAndTheRange()
    {
        var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.PoolSize = 0);

        var error = Assert.Throws<OptionsValidationException>(() => platform.Catalog);

        Assert.Equal([$"MlPlatform:Models:{ModelName}:PoolSize must be between 1 and 4096, but is 0."], error.Failures);
    }

    /// <summary>Lets the clock tick until the watcher, which works on other threads, has done what is waited for.</summary>
    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> isDone)
    {
        for (var i = 0; i < 50_000 && !isDone(); i++)
        {
            time.Advance(Poll);
            await Task.Delay(2);
        }

        Assert.True(isDone(), "The watcher has not come that far.");
    }
}
