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

/// <summary>A model published into a folder and served with features from memory and an observer that looks at each record.</summary>
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

    public static async Task<ServedModelFixture> CreateAsync<TRequest>(
        byte[] onnx, int featureCount, RequestFeatureWriter<TRequest> requestWriter, Action<ModelOptions>? configure = null)
    {
        var fixture = new ServedModelFixture();
        var features = new MemoryFeatures<TRequest>(featureCount, requestWriter);
        var registry = new FileModelRegistry(
            new DataDirectory(fixture._folder, MlPlatformMode.Owner), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var manifest = await registry.PublishAsync(Name, new ModelPackage
        {
            Onnx = onnx,
            Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
            FeatureService = features.Description.Reference,
            Features = features.Description.Layout.Columns,
        });
        await registry.SetAliasAsync(Name, "champion", manifest.Version, 0);

        fixture.Services
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton<IModelRegistry>(registry)
            .AddSingleton<IFeatureSource>(features)
            .AddSingleton<IPredictionObserver, Observer>();

        // The watcher reads the alias file, which would stand among the bytes of the calls.
        fixture.AddModel(Name, o => o.AliasPollInterval = TimeSpan.FromHours(1));
        fixture.AddModel(Name, configure);
        fixture._provider = fixture.Services.BuildServiceProvider();
        await fixture._provider.GetRequiredService<IPlatformComponent>().OpenAsync(CancellationToken.None);
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

        public void Record(in PredictionRecord record) => _count += record.Scores.Length;
    }

    private sealed class MemoryFeatures<T> : IFeatureSource, IFeatureServiceReader
    {
        private readonly Dictionary<string, float[]> _rows;
        private readonly object _writer;

        public MemoryFeatures(int featureCount, RequestFeatureWriter<T> writer)
        {
            _writer = writer;
            _rows = new Dictionary<string, float[]> { ["Flash Cab"] = [.. Enumerable.Range(0, featureCount).Select(i => i / 100f)] };
            var columns = Enumerable.Range(0, featureCount).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view")).ToArray();
            Description = new FeatureServiceDescription(
                "service", 1, new string('0', 64), [new KeyColumn("company", EntityValueKind.String)], new FeatureRowLayout(columns));
        }

        public FeatureServiceDescription Description { get; }

        public IFeatureServiceReader? FindService(string name, int? version = null) => this;

        public RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>() => _writer as RequestFeatureWriter<TRequest>;

        public ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
        {
            var keySpan = keys.Span;
            for (var i = 0; i < rowCount; i++)
            {
                if (_rows.TryGetValue(keySpan[i].AsString(), out var row))
                {
                    row.CopyTo(destination.Float32Of(firstRow + i));
                    destination.StatusOf(firstRow + i).Fill(FeatureStatus.Present);
                }
            }

            return default;
        }

        public ValueTask ReadAsync(
            ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
            => ReadAsync(keys, 0, destination, firstRow, rowCount, cancellationToken);
    }
}
