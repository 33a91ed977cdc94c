using Apache.Arrow;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Compaction;

/// <summary>A prediction log with small segments and its maintenance.</summary>
internal sealed class MaintainedLog : IAsyncDisposable
{
    public static readonly FeatureRowLayout Layout = TestModels.FloatLayout(2);

    private readonly FeatureRows _rows = new(Layout, 1);
    private IPredictionSink? _sink;

    public MaintainedLog(bool compacts = true, TimeSpan? maximumAge = null, long? maximumByteCount = null, TimeProvider? timeProvider = null, IDiskSync? disk = null)
    {
        // No interval passes between two flushes, so that a commit has as many rows as the test wants.
        Log = new LogHarness(configuration: LogHarness.InOrder with { MaximumSegmentByteCount = 64 * 1024, CommitInterval = TimeSpan.FromHours(1) }, timeProvider: timeProvider);
        Maintenance = new LogMaintenance(
            Log.Directory,
            Log.Writer,
            new MaintenanceConfiguration(compacts, maximumAge, maximumByteCount, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(Log.Directory)),
            disk ?? DiskSync.Instance,
            timeProvider ?? TimeProvider.System,
            NullLogger<LogMaintenance>.Instance);
    }

    public LogHarness Log { get; }

    public LogMaintenance Maintenance { get; }

    public string Folder => Path.Combine(Log.Directory.Predictions, "tips");

    /// <summary>Logs predictions whose first feature is their number, in commits of 50, and seals the last segment where asked to.</summary>
    public async Task WriteAsync(int first, int count, bool seals = true)
    {
        _sink ??= Log.Writer.Attach(TestModels.Serve(Layout))!;
        _rows.Status.Fill(FeatureStatus.Present);
        for (var i = first; i < first + count; i++)
        {
            _rows.Float32Of(0)[0] = i;
            LogHarness.Record(_sink, _rows, 0, i, 0.5);
            if (i % 50 == 49)
            {
                await Log.FlushAsync();
            }
        }

        await Log.FlushAsync();
        if (seals)
        {
            (_sink as IDisposable)!.Dispose();
            _sink = null;
            await Log.FlushAsync();
        }
    }

    public Task RunAsync() => Maintenance.RunAsync(CancellationToken.None);

    public async Task<List<int>> ReadNumbersAsync() => (await Log.ReadAsync()).SelectMany(Numbers).ToList();

    public static IEnumerable<int> Numbers(RecordBatch batch) => ((FloatArray)batch.Column("f_x0")).Values.ToArray().Select(v => (int)v);

    public string[] Files(string extension) => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*" + extension) : [];

    public async ValueTask DisposeAsync()
    {
        Maintenance.Dispose();
        await Log.DisposeAsync();
    }
}
