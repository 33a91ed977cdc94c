using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using Mlp.Runtime.Tests.Registry;
using Mlp.Runtime.Versions;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

/// <summary>A host over a registry in a folder. Version v answers feature 1 with the logistic of v.</summary>
internal sealed class HostFixture : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();

    public HostFixture(int maximumLoaded = 2)
    {
        Settings = ModelSettings.From(ModelName, new ModelOptions { PoolSize = 2 }) with { MaximumLoadedVersions = maximumLoaded };
        Files = TestRegistry.Open(_directory.FullName);
        Registry = new WatchedRegistry(Files);
        Host = new VersionHost(
            Settings,
            new ModelLoader(Registry, null, new AcceleratorProbe(), Time),
            new VersionActivator([Observer], new PredictionClock(Time), NullLogger.Instance),
            Time,
            NullLogger.Instance);
    }

    public string Blobs => _directory.Combine("registry", "blobs");

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

    public ModelSettings Settings { get; }

    public TestObserver Observer { get; } = new();

    public FileModelRegistry Files { get; }

    public WatchedRegistry Registry { get; }

    public VersionHost Host { get; }

    public async Task PublishAsync(int count)
    {
        for (var version = 1; version <= count; version++)
        {
            await Files.PublishAsync(ModelName, Package(TestGraphs.Logistic(version), Binary()));
        }
    }

    /// <summary>Opens a version and ends its role at once.</summary>
    public async Task UseAsync(int version)
    {
        var serving = await Host.OpenAsync(version, "test", CancellationToken.None);
        await serving.RetireAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Host.CloseAsync();
        Host.Dispose();
        _directory.Dispose();
    }
}
