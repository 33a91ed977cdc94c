using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>A registry in a folder and one model, served as the platform would serve it.</summary>
internal sealed class TestPlatform : IMlPlatformBuilder, IAsyncDisposable
{
    public const string ModelName = "tips";

    private readonly TempDirectory _directory = new();
    private ServiceProvider? _provider;

    public TestPlatform(TimeProvider? time = null, IFeatureSource? features = null, params IPredictionObserver[] observers)
    {
        Registry = TestRegistry.Open(_directory.FullName, time: time);
        Services.AddSingleton<IModelRegistry>(Registry);
        Services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        if (time is not null)
        {
            Services.AddSingleton(time);
        }

        if (features is not null)
        {
            Services.AddSingleton(features);
        }

        foreach (var observer in observers)
        {
            Services.AddSingleton(observer);
        }
    }

    public IServiceCollection Services { get; } = new ServiceCollection();

    public FileModelRegistry Registry { get; }

    public string RegistryPath => _directory.Combine("registry");

    public ModelCatalog Catalog => (_provider ??= Services.BuildServiceProvider()).GetRequiredService<ModelCatalog>();

    public IModel Model => Catalog.GetModel(ModelName);

    public static ModelOutput Binary(string output = "p", double threshold = 0.5)
        => new() { Task = ModelTask.BinaryClassification, ScoreOutput = output, DecisionThreshold = threshold };

    public static ModelOutput Regression(string output = "y") => new() { Task = ModelTask.Regression, ScoreOutput = output };

    public static ModelPackage Package(byte[] onnx, ModelOutput output, FeatureServiceDescription? service = null, IReadOnlyList<FeatureColumn>? features = null) => new()
    {
        Onnx = onnx,
        Output = output,
        FeatureService = service?.Reference,
        Features = service?.Layout.Columns ?? features,
    };

    /// <summary>A platform that serves one package by alias.</summary>
    public static async Task<TestPlatform> ServeAsync(
        ModelPackage package, TimeProvider? time = null, IFeatureSource? features = null, Action<ModelOptions>? configure = null, params IPredictionObserver[] observers)
    {
        var platform = new TestPlatform(time, features, observers);
        platform.AddModel(ModelName, configure);
        await platform.PublishAsync(package);
        await platform.Catalog.OpenAsync(CancellationToken.None);
        return platform;
    }

    /// <summary>Publishes a version and moves the alias to it.</summary>
    public async Task<int> PublishAsync(ModelPackage package, string alias = "champion")
    {
        var manifest = await Registry.PublishAsync(ModelName, package);
        await MoveAsync(manifest.Version, alias);
        return manifest.Version;
    }

    public Task MoveAsync(int version, string alias = "champion")
        => Registry.SetAliasAsync(ModelName, alias, version, Registry.FindAlias(ModelName, alias)?.Revision ?? 0);

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null)
        {
            await Catalog.CloseAsync(CancellationToken.None);
            await _provider.DisposeAsync();
        }

        _directory.Dispose();
    }
}
