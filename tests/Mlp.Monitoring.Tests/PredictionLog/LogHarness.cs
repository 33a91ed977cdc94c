using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>A prediction log in a folder of its own.</summary>
internal sealed class LogHarness : IAsyncDisposable, IDisposable
{
    private readonly TempDirectory _folder = new();

    /// <summary>The defaults, with one ring: the log has the order in which a test recorded, whatever processors it ran on.</summary>
    public static PredictionLogConfiguration InOrder { get; } = PredictionLogConfiguration.Default with { RingCount = 1 };

    public LogHarness(IDiskSync? disk = null, PredictionLogConfiguration? configuration = null, TimeProvider? timeProvider = null, params IPredictionBatchListener?[] listeners)
    {
        Directory = new DataDirectory(_folder.FullName, MlPlatformMode.Owner);
        Writer = new PredictionLogWriter(
            Directory,
            configuration ?? InOrder,
            _ => true,
            disk ?? DiskSync.Instance,
            timeProvider ?? TimeProvider.System,
            Logger,
            _ => [.. listeners.OfType<IPredictionBatchListener>()]);
        Writer.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
        Reader = new PredictionLogReader(Directory.Predictions);
    }

    /// <summary>What the log said.</summary>
    public RecordingLogger<PredictionLogWriter> Logger { get; } = new();

    public DataDirectory Directory { get; }

    public PredictionLogWriter Writer { get; }

    public PredictionLogReader Reader { get; }

    /// <summary>Paths of the segments of the model 'tips'.</summary>
    public IReadOnlyList<string> Segments => SegmentFormat.List(Path.Combine(Directory.Predictions, "tips"));

    public LogStatistics Statistics => Assert.Single(Writer.Statistics);

    public Task FlushAsync() => Writer.FlushAsync(null, CancellationToken.None);

    public static void Record(IPredictionSink sink, FeatureRows rows, int row, long number, params ReadOnlySpan<double> outputs)
        => sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(number),
            EventTime = 1_000 + number,
            RequestTime = 2_000 + number,
            LatencyNanoseconds = 10 * number,
            Outcome = outputs.IsEmpty ? PredictionOutcome.Error : PredictionOutcome.Ok,
            Features = rows.RowOf(row),
            Scores = outputs,
        });

    /// <summary>Records a prediction that was sampled, or that was made beside the one that was served.</summary>
    public static void RecordAs(IPredictionSink sink, FeatureRows rows, long number, double score, double weight = 1, long? servedNumber = null)
        => sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(number),
            RequestId = servedNumber is { } served ? TestModels.Id(served) : default,
            EventTime = 1_000 + number,
            RequestTime = 2_000 + number,
            LatencyNanoseconds = 10 * number,
            SamplingWeight = weight,
            Outcome = PredictionOutcome.Ok,
            Features = rows.RowOf(0),
            Scores = [score],
        });

    public async Task<List<RecordBatch>> ReadAsync(string model = "tips", long from = long.MinValue, long to = long.MaxValue, int? version = null)
    {
        var batches = new List<RecordBatch>();
        await foreach (var batch in Reader.ReadAsync(model, from, to, version))
        {
            batches.Add(batch);
        }

        return batches;
    }

    public async Task<int> CountAsync(string model = "tips") => (await ReadAsync(model)).Sum(batch => batch.Length);

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        _folder.Dispose();
    }
}
