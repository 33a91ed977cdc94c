using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class ModelRegistryComponentTests : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private string Models => _folder.Combine("registry", "models");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OpenAsync_Owner_MakesTheFoldersAndIsHealthy()
    {
        var component = Component(MlPlatformMode.Owner);

        await component.OpenAsync(CancellationToken.None);

        Assert.Equal(("model-registry", PlatformStage.Registry), (component.Name, component.Stage));
        Assert.True(Directory.Exists(Models));
        Assert.Equal(HealthStatus.Healthy, component.CheckHealth().Status);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Models));
        await component.CloseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task OpenAsync_Reader_CreatesNothing()
    {
        var component = Component(MlPlatformMode.Reader);

        await component.OpenAsync(CancellationToken.None);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.FullName));
        Assert.Equal(HealthStatus.Degraded, component.CheckHealth().Status);
        await TestRegistry.Open(_folder.FullName).PublishAsync("m", TestRegistry.Package());
        Assert.Equal(HealthStatus.Healthy, component.CheckHealth().Status);
    }

    [Fact]
    public async Task OpenAsync_LeftoversOfACrash_AreRemovedWhenOld()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var manifest = await registry.PublishAsync("m", TestRegistry.Package());
        var stagedFolder = Directory.CreateDirectory(Path.Combine(Models, "m", "versions", DurableFile.TemporaryPrefix + "a")).FullName;
        File.WriteAllText(Path.Combine(stagedFolder, "manifest.json"), "{");
        var stagedBlob = _folder.Combine("registry", "blobs", "sha256", manifest.OnnxSha256[..2], DurableFile.TemporaryPrefix + "b");
        File.WriteAllText(stagedBlob, "half");

        await Component(MlPlatformMode.Owner).OpenAsync(CancellationToken.None);
        Assert.True(Directory.Exists(stagedFolder) && File.Exists(stagedBlob));

        _time.Advance(TimeSpan.FromHours(25));
        await Component(MlPlatformMode.Owner).OpenAsync(CancellationToken.None);
        Assert.False(Directory.Exists(stagedFolder) || File.Exists(stagedBlob));
        Assert.NotEmpty(await registry.ReadOnnxAsync(registry.FindVersion("m", 1)!));
    }

    [Fact]
    public async Task CheckHealth_FolderGone_IsUnhealthy()
    {
        var component = Component(MlPlatformMode.Owner);
        await component.OpenAsync(CancellationToken.None);
        Directory.Delete(_folder.Combine("registry"), recursive: true);

        var health = component.CheckHealth();

        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.StartsWith($"Expected the model registry in '{_folder.Combine("registry")}' to be read and written, but: ", health.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MlPlatformMode.Owner)]
    [InlineData(MlPlatformMode.Reader)]
    public async Task CheckHealth_FileInPlaceOfTheFolder_IsUnhealthy(MlPlatformMode mode)
    {
        var component = Component(mode);
        await component.OpenAsync(CancellationToken.None);
        if (mode == MlPlatformMode.Owner)
        {
            Directory.Delete(_folder.Combine("registry"), recursive: true);
        }

        File.WriteAllText(_folder.Combine("registry"), "not a folder");

        Assert.Equal(HealthStatus.Unhealthy, component.CheckHealth().Status);
    }

    [Fact]
    public void AddModelRegistry_Twice_RegistersOnce()
    {
        var services = new ServiceCollection()
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton(new DataDirectory(_folder.FullName, MlPlatformMode.Owner))
            .AddModelRegistry()
            .AddModelRegistry();

        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        Assert.IsType<FileModelRegistry>(Assert.Single(provider.GetServices<IModelRegistry>()));
        Assert.IsType<ModelRegistryComponent>(Assert.Single(provider.GetServices<IPlatformComponent>()));
    }

    private ModelRegistryComponent Component(MlPlatformMode mode) => new(
        new DataDirectory(_folder.FullName, mode), _time, NullLogger<ModelRegistryComponent>.Instance);
}
