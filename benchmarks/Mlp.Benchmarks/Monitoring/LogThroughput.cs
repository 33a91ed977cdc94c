using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>
/// What the log takes when nothing else runs: producers make up predictions of 40 floats at a given rate, spread over each millisecond, for some seconds; then it is said how many were written, how many
/// dropped, and what processors it took. The disk's own rate is measured before and after with as many bytes. <c>-- log-throughput [RATE] [SECONDS] [PRODUCERS]</c>.
/// </summary>
internal static class LogThroughput
{
    internal const string Command = "log-throughput";

    private const int Features = 40;
    private const int ChunkLength = 4 << 20;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    internal static async Task<int> RunAsync(string[] arguments)
    {
        int[] numbers = [.. arguments.Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
        var rate = numbers.ElementAtOrDefault(0) is > 0 and var r ? r : 500_000;
        var seconds = numbers.ElementAtOrDefault(1) is > 0 and var s ? s : 10;
        var producers = numbers.ElementAtOrDefault(2) is > 0 and var p ? p : 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{producers} producer(s), {rate:N0} predictions of {Features} floats a second for {seconds} s, {Environment.ProcessorCount} processors"));
        await MeasureAsync("warm-up", rate, 2, producers);
        var bytes = await MeasureAsync("log", rate, seconds, producers);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"disk alone: {DiskRate(bytes) / 1e6:N0} MB/s, and again {DiskRate(bytes) / 1e6:N0} MB/s, over {bytes / 1e6:N0} MB with a flush every 50 ms or 4 MiB"));
        await MeasureAsync("log and live drift window", rate, seconds, producers, Watch);
        var folder = Directory.CreateTempSubdirectory("mlp-profiles-").FullName;
        try
        {
            await MeasureAsync("log and live profile", rate, seconds, producers, model => Profile(model, folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task<long> MeasureAsync(string name, int rate, int seconds, int producers, Func<ServedModel, IPredictionBatchListener>? createListener = null)
    {
        await using var log = await BenchmarkLog.OpenAsync(Features, PredictionLogConfiguration.Default, createListener is null ? null : model => [createListener(model)]);
        var process = Process.GetCurrentProcess();
        var before = (Processor: process.TotalProcessorTime, Collections: GC.CollectionCount(0));
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, producers).Select(i => new Thread(() => Produce(log, i, rate / producers, seconds))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var produced = Stopwatch.GetElapsedTime(started);
        await log.Writer.FlushAsync(null, CancellationToken.None);
        var elapsed = Stopwatch.GetElapsedTime(started);
        process.Refresh();
        var (statistics, bytes) = (log.Statistics, log.ByteCount);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: accepted {statistics.Accepted:N0} in {produced.TotalSeconds:F2} s ({statistics.Accepted / produced.TotalSeconds:N0}/s), written {statistics.Written:N0} in {elapsed.TotalSeconds:F2} s, dropped {statistics.Dropped:N0}, "
            + $"{bytes / 1e6 / elapsed.TotalSeconds:N0} MB/s, {(double)bytes / Math.Max(statistics.Written, 1):F0} bytes each, {(process.TotalProcessorTime - before.Processor) / elapsed:F2} processors, {GC.CollectionCount(0) - before.Collections} collections"));
        return bytes;
    }

    /// <summary>Makes up predictions, as many as are due, once a millisecond.</summary>
    private static void Produce(BenchmarkLog log, int producer, int rate, int seconds)
    {
        var rows = log.CreateRow(producer);
        double[] scores = [0.5];
        var started = Stopwatch.GetTimestamp();
        var total = (long)rate * seconds;
        for (var made = 0L; made < total;)
        {
            var due = Math.Min(total, (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate));
            for (; made < due; made++)
            {
                log.Sink.Record(BenchmarkLog.Record(rows, scores, (producer * total) + made));
            }

            if (made < total)
            {
                Thread.Sleep(Tick);
            }
        }
    }

    private static double DiskRate(long bytes)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var chunk = new byte[ChunkLength];
        new Random(1).NextBytes(chunk);
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
            var started = Stopwatch.GetTimestamp();
            var flushed = started;
            for (var position = 0L; position < bytes; position += chunk.Length)
            {
                RandomAccess.Write(file, chunk, position);
                if (Stopwatch.GetElapsedTime(flushed) > TimeSpan.FromMilliseconds(50))
                {
                    RandomAccess.FlushToDisk(file);
                    flushed = Stopwatch.GetTimestamp();
                }
            }

            RandomAccess.FlushToDisk(file);
            return bytes / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Sketches of every feature: moments, missing, DDSketch and HyperLogLog.</summary>
    private static LiveProfile Profile(ServedModel model, string folder)
        => new ProfileStore(new DataDirectory(folder, MlPlatformMode.Owner), ProfileConfiguration.Default, DiskSync.Instance, TimeProvider.System, NullLogger<ProfileStore>.Instance)
            .Watch(model, Task.FromResult<ReferenceProfile?>(null));

    private static RecentDrift Watch(ServedModel model)
    {
        var builder = new ReferenceProfileBuilder();
        var random = new Random(3);
        for (var i = 0; i < Features; i++)
        {
            builder.AddNumeric($"x{i}", Enumerable.Range(0, 10_000).Select(_ => random.NextSingle()).ToArray());
        }

        return new RecentDrift(model, Task.FromResult<ReferenceProfile?>(builder.Build()), DriftConfiguration.Default, TimeProvider.System, _ => { });
    }
}
