using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A model published into a folder and served with features from memory and an observer that looks at each record, by one version or by three with a route.</summary>
internal sealed class ServedModelFixture : IMlPlatformBuilder, IAsyncDisposable
{
    private const string Name = "benchmark";

    private readonly string _folder = Directory.CreateTempSubdirectory("mlp-benchmark-").FullName;
    private ServiceProvider _provider = null!;

    private ServedModelFixture()
    {
    }

    public IServiceCollection Services { get; } = new ServiceCollection();

    public IModel Model => _provider.GetRequiredService<IModelCatalog>().GetModel(Name);

    /// <summary>Serves one version with features of a company in memory.</summary>
    public static Task<ServedModelFixture> CreateAsync<TRequest>(
        byte[] onnx, int featureCount, RequestFeatureWriter<TRequest> requestWriter, Action<ModelOptions>? configure = null, string score = "score", IPredictionObserver? observer = null)
    {
        var features = new MemoryFeatures<TRequest>(featureCount, requestWriter);
        return CreateAsync(onnx, features, features.Description, ["champion"], configure, score, observer);
    }

    /// <summary>Serves three versions with a route.</summary>
    public static Task<ServedModelFixture> CreateRoutedAsync(byte[] onnx, int featureCount, Action<ModelOptions> route)
    {
        var features = new FilledFeatures(featureCount);
        return CreateAsync(onnx, features, features.Description, ["champion", "challenger", "candidate"], route, "score");
    }

    private static async Task<ServedModelFixture> CreateAsync(
        byte[] onnx, IFeatureSource features, FeatureServiceDescription service, IReadOnlyList<string> aliases, Action<ModelOptions>? configure, string score, IPredictionObserver? observer = null)
    {
        var fixture = new ServedModelFixture();
        var registry = new FileModelRegistry(new DataDirectory(fixture._folder, MlPlatformMode.Owner), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        foreach (var alias in aliases)
        {
            var manifest = await registry.PublishAsync(Name, new ModelPackage
            {
                Onnx = onnx,
                Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = score },
                FeatureService = service.Reference,
                Features = service.Layout.Columns,
            });
            await registry.SetAliasAsync(Name, alias, manifest.Version, 0);
        }

        fixture.Services
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton<IModelRegistry>(registry)
            .AddSingleton(features)
            .AddSingleton(observer ?? new Observer());

        // The watcher reads the alias file, which would stand among the bytes of the calls.
        fixture.AddModel(Name, o => o.AliasPollInterval = TimeSpan.FromHours(1));
        fixture.AddModel(Name, configure);
        fixture._provider = fixture.Services.BuildServiceProvider();
        await fixture._provider.GetRequiredService<IPlatformComponent>().OpenAsync(CancellationToken.None);
        while (fixture.Model.Route.Shadows.Any(s => s.Version is null))
        {
            await Task.Delay(1);
        }

        return fixture;
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.GetRequiredService<IPlatformComponent>().CloseAsync(CancellationToken.None);
        await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private sealed class Observer : IPredictionObserver, IPredictionSink
    {
        private long _count;

        public IPredictionSink? Attach(ServedModel model) => this;

        // What two threads lose here does no harm, and nothing else is as cheap.
        public void Record(in PredictionRecord record) => _count += record.Scores.Length;
    }
}
