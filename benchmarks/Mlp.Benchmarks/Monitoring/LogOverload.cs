using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Benchmarks.Features;
using Mlp.Benchmarks.Runtime;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>
/// What callers notice when more comes than the log can take: a thread floods a log with a small buffer without a pause. Measured are single calls of <c>Record</c> beside it, and the p99 of whole requests with
/// the flooded log and without one, in turns; there a thread keeps a processor as busy with nothing. <c>-- log-overload [ROUNDS]</c>.
/// </summary>
internal static class LogOverload
{
    internal const string Command = "log-overload";

    private const int Features = 40;
    private const int Calls = 2_000;
    private static readonly PredictionLogConfiguration Small = PredictionLogConfiguration.Default with { BufferByteCount = 1 << 20 };

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var rounds = arguments is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : 200;
        await MeasureRecordAsync(rounds);
        await MeasureRequestsAsync(rounds);
        return 0;
    }

    private static async Task MeasureRecordAsync(int rounds)
    {
        await using var log = await BenchmarkLog.OpenAsync(Features, Small);
        var rows = log.CreateRow(1);
        double[] scores = [0.5];
        var (alone, recorded) = (new Latencies(rounds * Calls), new Latencies(rounds * Calls));
        using (Busy.Begin(() => Flood(log.Sink, log.CreateRow(2))))
        {
            for (var i = -50 * Calls; i < rounds * Calls; i++)
            {
                var started = Stopwatch.GetTimestamp();
                log.Sink.Record(BenchmarkLog.Record(rows, scores, i));
                if (i >= 0)
                {
                    recorded.Add(started);
                    alone.Add(Stopwatch.GetTimestamp());
                }
            }
        }

        await log.Writer.FlushAsync(null, CancellationToken.None);
        var counts = log.Statistics;
        Console.WriteLine($"Record beside a flood, {Latencies.Header}: {recorded}; two clock reads alone: {alone}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"accepted {counts.Accepted:N0} = written {counts.Written:N0} + dropped {counts.Dropped:N0} ({string.Join(", ", counts.DroppedBy.Select(d => d.Key))}); that this holds: {counts.Accepted == counts.Written + counts.Dropped}"));
    }

    private static async Task MeasureRequestsAsync(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("mlp-overload-").FullName;
        await using var writer = new PredictionLogWriter(
            new DataDirectory(folder, MlPlatformMode.Owner), Small, _ => true, DiskSync.Instance, TimeProvider.System, NullLogger<PredictionLogWriter>.Instance);
        await writer.OpenAsync(CancellationToken.None);
        var observer = new Observer(writer);
        var onnx = DenseModel.Create("32-64-64-1");
        await using var logged = await ServedModelFixture.CreateAsync<WideRow>(onnx, 32, (in WideRow _, FeatureRows _, int _) => { }, observer: observer);
        await using var plain = await ServedModelFixture.CreateAsync<WideRow>(onnx, 32, (in WideRow _, FeatureRows _, int _) => { });
        var flood = observer.Attach(observer.Served!)!;
        var features = new float[32];
        var (with, without) = (new List<double>(), new List<double>());
        for (var round = -50; round < rounds; round++)
        {
            var rows = new FeatureRows(observer.Served!.Layout, 1);
            double one, other;
            using (Busy.Begin(() => Flood(flood, rows)))
            {
                one = TailOf(logged.Model, features);
            }

            using (Busy.Begin(() => Thread.SpinWait(100)))
            {
                other = TailOf(plain.Model, features);
            }

            if (round >= 0)
            {
                with.Add(one);
                without.Add(other);
            }
        }

        var counts = writer.Statistics.Single();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"p99 of a request, median of {rounds} turns of {Calls}: {Median(without):N0} ns without a log, {Median(with):N0} ns with a flooded one; paired difference: median {Median(with.Zip(without, (a, b) => a - b)):N0} ns, ratio {Median(with.Zip(without, (a, b) => a / b)):N3}; dropped {100.0 * counts.Dropped / counts.Accepted:N0} %"));
        await writer.CloseAsync(CancellationToken.None);
        Directory.Delete(folder, recursive: true);
    }

    private static void Flood(IPredictionSink sink, FeatureRows rows)
    {
        for (var i = 0; i < 100; i++)
        {
            sink.Record(BenchmarkLog.Record(rows, [0.5], i));
        }
    }

    private static double TailOf(IModel model, float[] features)
    {
        var times = new Latencies(Calls);
        for (var i = -Calls / 8; i < Calls; i++)
        {
            var started = Stopwatch.GetTimestamp();
            model.Predict(features);
            if (i >= 0)
            {
                times.Add(started);
            }
        }

        return times.Quantile(0.99);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Hands predictions to the log and remembers the version in service.</summary>
    private sealed class Observer(PredictionLogWriter writer) : IPredictionObserver
    {
        public ServedModel? Served { get; private set; }

        public IPredictionSink? Attach(ServedModel model)
        {
            Served = model;
            return writer.Attach(model);
        }
    }

    /// <summary>Does something over and over on a thread of its own until it is disposed.</summary>
    private sealed class Busy : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _isOver;

        private Busy(Action work)
        {
            _thread = new Thread(() =>
            {
                while (!_isOver)
                {
                    work();
                }
            });
            _thread.Start();
        }

        public static Busy Begin(Action work) => new(work);

        public void Dispose()
        {
            _isOver = true;
            _thread.Join();
        }
    }
}
