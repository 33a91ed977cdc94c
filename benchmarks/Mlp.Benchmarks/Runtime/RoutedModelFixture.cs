using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A model of three versions with a route, features from memory and an observer that looks at each record.</summary>
internal sealed class RoutedModelFixture : IMlPlatformBuilder, IAsyncDisposable
{
    private const string Name = "benchmark";

    private static readonly string[] Aliases = ["champion", "challenger", "candidate"];

    private readonly string _folder = Directory.CreateTempSubdirectory("mlp-benchmark-").FullName;
    private ServiceProvider _provider = null!;

    private RoutedModelFixture()
    {
    }

    public IServiceCollection Services { get; } = new ServiceCollection();

    public IModel Model => _provider.GetRequiredService<IModelCatalog>().GetModel(Name);

    public static async Task<RoutedModelFixture> CreateAsync(byte[] onnx, int featureCount, Action<ModelOptions> route)
    {
        var fixture = new RoutedModelFixture();
        var features = new Features(featureCount);
        var registry = new FileModelRegistry(new DataDirectory(fixture._folder, MlPlatformMode.Owner), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        foreach (var alias in Aliases)
        {
            var manifest = await registry.PublishAsync(Name, new ModelPackage
            {
                Onnx = onnx,
                Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
                FeatureService = features.Description.Reference,
                Features = features.Description.Layout.Columns,
            });
            await registry.SetAliasAsync(Name, alias, manifest.Version, 0);
        }

        fixture.Services
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton<IModelRegistry>(registry)
            .AddSingleton<IFeatureSource>(features)
            .AddSingleton<IPredictionObserver, Observer>();
        fixture.AddModel(Name, o =>
        {
            // The watcher reads files, which would stand among the bytes of the calls.
            o.AliasPollInterval = TimeSpan.FromHours(1);
            route(o);
        });
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

        public void Record(in PredictionRecord record) => Interlocked.Add(ref _count, record.Scores.Length);
    }

    private sealed class Features(int count) : IFeatureSource, IFeatureServiceReader
    {
        public FeatureServiceDescription Description { get; } = new(
            "service",
            1,
            new string('0', 64),
            [new KeyColumn("area", EntityValueKind.Int64), new KeyColumn("company", EntityValueKind.String)],
            new FeatureRowLayout([.. Enumerable.Range(0, count).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view"))]));

        public IFeatureServiceReader? FindService(string name, int? version = null) => this;

        public RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>() => null;

        public ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
        {
            for (var row = 0; row < rowCount; row++)
            {
                destination.Float32Of(firstRow + row).Fill(keys.Span[2 * row].AsInt64());
                destination.StatusOf(firstRow + row).Fill(FeatureStatus.Present);
            }

            return default;
        }

        public ValueTask ReadAsync(
            ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
            => ReadAsync(keys, 0L, destination, firstRow, rowCount, cancellationToken);
    }
}
