using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Tests.Compaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

/// <summary>What an evaluation does not ask for, it does not read.</summary>
public sealed class SkippedFilesTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly MaintainedLog _log = new();
    private readonly LabelStore _labels;
    private readonly LivePerformance _performance;
    private int _number;

    public SkippedFilesTests()
    {
        _labels = new LabelStore(_log.Log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        _performance = new LivePerformance(_log.Log.Directory, _labels, 1_000);
    }

    public async ValueTask DisposeAsync()
    {
        _labels.Dispose();
        _performance.Dispose();
        await _log.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EvaluateAsync_FilesOutsideTheRange_AreNotRead(bool compacts)
    {
        // The clock goes back twice: the order in which files were begun says nothing of their rows.
        foreach (var hour in (int[])[2, 0, 3, 1])
        {
            await WriteAsync(hours: [hour + 0.1, hour + 0.5]);
        }

        if (compacts)
        {
            await _log.RunAsync();
        }

        var options = new EvaluationOptions { From = Noon.AddHours(1), To = Noon.AddHours(2), Bootstrap = false };
        Assert.Equal((2L, compacts ? 1L : 4L), await EvaluateAsync(options));
        Assert.Equal((2L, 1L), await EvaluateAsync(options));

        // Nothing of the others is read, so their damage is not noticed before one of them is asked for.
        foreach (var path in _log.Files(compacts ? ".parquet" : ".mlplog").Order(StringComparer.Ordinal).Take(3))
        {
            File.WriteAllBytes(path, new byte[new FileInfo(path).Length]);
        }

        Assert.Equal((2L, 1L), await EvaluateAsync(options));
        await Assert.ThrowsAsync<Runtime.CorruptFileException>(() => EvaluateAsync(new EvaluationOptions { From = Noon, To = Noon.AddHours(2) }));

        // A row that comes late lies in a file of its own time.
        await WriteAsync(hours: [1.9, 7]);
        Assert.Equal((3L, 2L), await EvaluateAsync(options));
    }

    [Fact]
    public async Task EvaluateAsync_SegmentHasGrown_IsReadAgain()
    {
        var sink = Attach();
        await WriteAsync(sink, [5]);
        var options = new EvaluationOptions { From = Noon.AddHours(1), To = Noon.AddHours(2), Bootstrap = false };
        Assert.Equal((0L, 1L), await EvaluateAsync(options));
        Assert.Equal((0L, 0L), await EvaluateAsync(options));

        await WriteAsync(sink, [1.5]);

        Assert.Equal((1L, 1L), await EvaluateAsync(options));
    }

    [Fact]
    public async Task EvaluateAsync_OneVersion_ReadsItsFilesOnly()
    {
        await WriteAsync(hours: [0, 1]);
        await WriteAsync(Attach(version: 2), [0, 1, 2], seals: true);
        var other = _log.Files(".mlplog").Single(path => path.Contains("-2-", StringComparison.Ordinal));
        Assert.Equal((2L, 1L), await EvaluateAsync(new EvaluationOptions { Version = 1, Bootstrap = false }));

        File.WriteAllBytes(other, [1, 2, 3]);

        Assert.Equal((2L, 1L), await EvaluateAsync(new EvaluationOptions { Version = 1, Bootstrap = false }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadAsync_OneVariant_ReadsFilesThatHoldIt(bool compacts)
    {
        await WriteAsync(hours: [0, 1]);
        await WriteAsync(Attach(variant: "canary"), [0, 1, 2], seals: true);
        if (compacts)
        {
            await _log.RunAsync();
        }

        var reader = new PredictionLogReader(_log.Log.Directory.Predictions);
        var filter = new PredictionFilter { Variant = "canary" };
        Assert.Equal(3, await CountAsync(reader, filter));
        var first = _log.Files(compacts ? ".parquet" : ".mlplog").Order(StringComparer.Ordinal).First();
        File.WriteAllBytes(first, new byte[new FileInfo(first).Length]);

        Assert.Equal(3, await CountAsync(reader, filter));
    }

    private static async Task<int> CountAsync(PredictionLogReader reader, PredictionFilter filter)
    {
        var count = 0;
        await foreach (var batch in reader.ReadAsync("tips", filter))
        {
            count += batch.Length;
        }

        return count;
    }

    private async Task<(long Rows, long Files)> EvaluateAsync(EvaluationOptions options)
    {
        var before = _performance.ReadFileCount;
        var results = await _performance.EvaluateAsync("tips", options, default);
        return (results.Sum(r => r.PredictionCount), _performance.ReadFileCount - before);
    }

    private IPredictionSink Attach(int version = 1, string variant = "champion") => _log.Log.Writer.Attach(TestModels.Serve(MaintainedLog.Layout, version: version, variant: variant))!;

    private Task WriteAsync(double[] hours) => WriteAsync(Attach(), hours, seals: true);

    private async Task WriteAsync(IPredictionSink sink, double[] hours, bool seals = false)
    {
        var rows = new FeatureRows(MaintainedLog.Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        foreach (var hour in hours)
        {
            var time = Microseconds.FromRequestTime(Noon.AddHours(hour));
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(_number++),
                EventTime = time,
                RequestTime = time,
                LatencyNanoseconds = 1,
                Outcome = PredictionOutcome.Ok,
                Features = rows.RowOf(0),
                Scores = [0.5],
            });
        }

        await _log.Log.FlushAsync();
        if (seals)
        {
            (sink as IDisposable)!.Dispose();
            await _log.Log.FlushAsync();
        }
    }
}
