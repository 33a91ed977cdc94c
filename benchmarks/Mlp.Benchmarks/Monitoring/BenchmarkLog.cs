using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>A prediction log in a folder of its own, without models: predictions are made up.</summary>
internal sealed class BenchmarkLog : IAsyncDisposable
{
    /// <summary>Name of the model.</summary>
    public const string ModelName = "bench";

    private readonly string _folder = Directory.CreateTempSubdirectory("mlp-log-").FullName;

    private BenchmarkLog(FeatureRowLayout layout, PredictionLogConfiguration configuration, Func<ServedModel, IReadOnlyList<IPredictionBatchListener>>? createListeners)
    {
        Model = Serve(layout);
        Writer = new PredictionLogWriter(
            new DataDirectory(_folder, MlPlatformMode.Owner), configuration, _ => true, DiskSync.Instance, TimeProvider.System, NullLogger<PredictionLogWriter>.Instance, createListeners);
    }

    public PredictionLogWriter Writer { get; }

    public ServedModel Model { get; }

    public IPredictionSink Sink { get; private set; } = null!;

    public LogStatistics Statistics => Writer.Statistics.Single();

    /// <summary>Bytes of all segments.</summary>
    public long ByteCount => new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    /// <summary>Opens the log of a model of floats.</summary>
    public static Task<BenchmarkLog> OpenAsync(int features, PredictionLogConfiguration configuration, Func<ServedModel, IReadOnlyList<IPredictionBatchListener>>? createListeners = null)
        => OpenAsync(new FeatureRowLayout([.. Enumerable.Range(0, features).Select(i => new FeatureColumn($"x{i}", FeatureType.Float32, "v"))]), configuration, createListeners);

    public static async Task<BenchmarkLog> OpenAsync(FeatureRowLayout layout, PredictionLogConfiguration configuration, Func<ServedModel, IReadOnlyList<IPredictionBatchListener>>? createListeners = null)
    {
        var log = new BenchmarkLog(layout, configuration, createListeners);
        await log.Writer.OpenAsync(CancellationToken.None);
        log.Sink = log.Writer.Attach(log.Model)!;
        return log;
    }

    /// <summary>A row whose features are all there.</summary>
    public FeatureRows CreateRow(int seed)
    {
        var random = new Random(seed);
        var rows = new FeatureRows(Model.Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        foreach (ref var value in rows.Float32)
        {
            value = random.NextSingle();
        }

        return rows;
    }

    /// <summary>A made-up prediction.</summary>
    public static PredictionRecord Record(FeatureRows rows, ReadOnlySpan<double> scores, long number) => new()
    {
        Id = new PredictionId(1, (ulong)number),
        EventTime = number,
        RequestTime = number,
        LatencyNanoseconds = 100,
        Outcome = PredictionOutcome.Ok,
        Features = rows.RowOf(0),
        Scores = scores,
    };

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static ServedModel Serve(FeatureRowLayout layout) => new(
        TestManifest.Of(ModelName, task: ModelTask.BinaryClassification, scoreOutput: "p"),
        "champion",
        [],
        layout);
}
