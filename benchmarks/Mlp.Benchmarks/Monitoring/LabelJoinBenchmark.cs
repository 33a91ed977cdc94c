using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Monitoring;

/// <summary>
/// The join of 10 million labels to 10 million logged predictions on the disk, in the order of chance: time and peak memory, a process of its own for each way.
/// <c>-- label-join prepare FOLDER [COUNT]</c> writes both by the log and the label store; then <c>run FOLDER [ROUNDS]</c>.
/// </summary>
internal static class LabelJoinBenchmark
{
    internal const string Command = "label-join";
    private const string Model = "bench";
    private static readonly FeatureRowLayout Layout = new([.. Enumerable.Range(0, 4).Select(i => new FeatureColumn($"x{i}", FeatureType.Float32, "v"))]);

    internal static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["prepare", var folder]:
                await PrepareAsync(folder, 10_000_000);
                return 0;
            case ["prepare", var folder, var count]:
                await PrepareAsync(folder, int.Parse(count, CultureInfo.InvariantCulture));
                return 0;
            case ["run", var folder]:
                return RunAll(folder, 1);
            case ["run", var folder, var rounds]:
                return RunAll(folder, int.Parse(rounds, CultureInfo.InvariantCulture));
            case ["one", var way, var folder]:
                Console.WriteLine(await OneAsync(way, folder));
                return 0;
            default:
                await Console.Error.WriteLineAsync($"Expected {Command} prepare FOLDER [COUNT] or run FOLDER [ROUNDS].");
                return 2;
        }
    }

    private static int RunAll(string folder, int rounds)
    {
        var worst = 0;
        for (var round = 0; round < rounds; round++)
        {
            foreach (var way in (string[])["read", "join", "evaluate", "memory"])
            {
                using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Command, "one", way, folder]) { UseShellExecute = false })!;
                process.WaitForExit();
                worst = Math.Max(worst, process.ExitCode);
            }
        }

        return worst;
    }

    private static async Task<string> OneAsync(string way, string folder)
    {
        var directory = new DataDirectory(folder, MlPlatformMode.Owner);
        using var labels = Open(directory);
        var clock = Stopwatch.StartNew();
        var answer = way switch
        {
            "read" => await ReadAsync(directory, labels),
            "join" => Join(directory, labels),
            "evaluate" => await EvaluateAsync(directory, labels, new EvaluationOptions()),
            _ => await EvaluateInMemoryAsync(directory, labels),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{way}: {clock.Elapsed.TotalSeconds:F1} s, peak resident memory {PeakMebibytes()} MiB, {answer}");
    }

    /// <summary>What reading the files takes, which every way does.</summary>
    private static async Task<string> ReadAsync(DataDirectory directory, LabelStore labels)
    {
        var (rows, known) = (0L, 0L);
        await foreach (var batch in new PredictionLogReader(directory.Predictions).ReadAsync(Model))
        {
            rows += batch.Length;
        }

        await foreach (var batch in labels.ReadAsync())
        {
            known += batch.Length;
        }

        return $"{rows} predictions, {known} labels";
    }

    private static string Join(DataDirectory directory, LabelStore labels)
    {
        var (rows, labelled, sum) = (0L, 0L, 0.0);
        var evaluation = new LogEvaluation(Model, LogScan.Of(directory, Model), labels, new EvaluationOptions(), DateTimeOffset.UnixEpoch);
        evaluation.Join(
            Path.Combine(directory.Root, "scratch"),
            (in JoinedRow row, ReadOnlySpan<int> _, ReadOnlySpan<double> _) =>
            {
                rows++;
                labelled += double.IsNaN(row.Label) ? 0 : 1;
                sum += double.IsNaN(row.Label) ? 0 : row.Label;
            },
            CancellationToken.None);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{rows} predictions, {labelled} labelled, {sum:F0} positive, {evaluation.Statistics!.UnknownCount} labels of unknown predictions, {evaluation.Statistics.SpilledByteCount >> 20} MiB on the disk on the way");
    }

    private static async Task<string> EvaluateAsync(DataDirectory directory, LabelStore labels, EvaluationOptions options)
    {
        using var performance = new LivePerformance(directory, labels, 1_000_000);
        return Describe((await performance.EvaluateAsync(Model, options, CancellationToken.None))[0]);
    }

    private static async Task<string> EvaluateInMemoryAsync(DataDirectory directory, LabelStore labels)
    {
        using var performance = new LivePerformance(directory, labels, 100_000_000);
        return Describe((await performance.EvaluateAsync(Model, null, null, null, CancellationToken.None))[0]);
    }

    private static string Describe(PerformanceResult result)
        => string.Create(CultureInfo.InvariantCulture, $"{result.PredictionCount} predictions, {result.LabelledCount} labelled, {result.BinaryClassification!.PositiveCount} positive, AUC {result.BinaryClassification.Auc:F9}");

    private static async Task PrepareAsync(string folder, int count)
    {
        var directory = new DataDirectory(folder, MlPlatformMode.Owner);
        await using var log = new PredictionLogWriter(directory, PredictionLogConfiguration.Default, _ => true, DiskSync.Instance, TimeProvider.System, NullLogger<PredictionLogWriter>.Instance);
        await log.OpenAsync(CancellationToken.None);
        var sink = log.Attach(Serve())!;
        var rows = new FeatureRows(Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        for (var i = 0; i < count; i++)
        {
            sink.Record(new PredictionRecord
            {
                Id = IdOf(i),
                EventTime = i,
                RequestTime = i,
                LatencyNanoseconds = 1,
                Outcome = PredictionOutcome.Ok,
                Keys = (EntityValue[])["x", i % 100_000],
                Features = rows.RowOf(0),
                Scores = [ScoreOf(i)],
            });
            if (i % 20_000 == 0)
            {
                // So that nothing is dropped, however slow the disk is.
                await log.FlushAsync(null, CancellationToken.None);
            }
        }

        await log.FlushAsync(null, CancellationToken.None);
        using var labels = Open(directory);
        var part = new Label[4_096];
        for (var start = 0L; start < count; start += part.Length)
        {
            var length = (int)Math.Min(part.Length, count - start);
            for (var i = 0; i < length; i++)
            {
                // Every number once, in an order without any other order: the factor has no divisor in common with a power of ten.
                var number = (start + i) * 7_368_787 % count;
                part[i] = Label.ForPrediction(IdOf(number), Hash(number + 1_000_000_007) < ScoreOf(number), DateTimeOffset.UnixEpoch.AddDays(1));
            }

            await labels.RecordAsync(part.AsMemory(0, length), CancellationToken.None);
        }

        Console.WriteLine($"{log.Statistics[0].Written} predictions written, {log.Statistics[0].Dropped} dropped, {count} labels.");
    }

    private static PredictionId IdOf(long number) => new(0x01980c3e_7b3a_7000UL + ((ulong)number / 1_000 << 16), 0x8000_0000_0000_0000UL | ((ulong)(Hash(number) * (1L << 53)) << 8) | (ulong)(number & 0xFF));

    private static double ScoreOf(long number) => Hash(number + 500_000_003);

    /// <summary>A number of [0, 1) that belongs to another one (SplitMix64).</summary>
    private static double Hash(long number)
    {
        var z = unchecked((ulong)number * 0x9E37_79B9_7F4A_7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private static LabelStore Open(DataDirectory directory) => new(directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);

    private static ServedModel Serve() => new(
        TestManifest.Of(Model, task: ModelTask.BinaryClassification, scoreOutput: "probability") with { Features = Layout.Columns },
        "champion",
        [new KeyColumn("company", EntityValueKind.String), new KeyColumn("area", EntityValueKind.Int64)],
        Layout);

    private static long PeakMebibytes()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
    }
}
