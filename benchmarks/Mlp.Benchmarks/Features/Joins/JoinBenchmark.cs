using System.Diagnostics;
using System.Globalization;
using Apache.Arrow;
using Mlp.Features;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features.Joins;

/// <summary>
/// The point-in-time join of 1 million labels and 10 million feature rows, against SQL by hand and pandas. Times are taken in turn within one process; memory is the peak of a process of its own for each way.
/// <c>-- join-benchmark prepare FOLDER</c> makes the rows; then <c>compare FOLDER ROUNDS</c>, <c>memory FOLDER</c> and <c>pandas FOLDER</c>.
/// </summary>
internal static class JoinBenchmark
{
    internal const string Command = "join-benchmark";
    private const long MemoryLimit = 1L << 30;
    private const long NarrowLimit = 512L << 20;

    internal static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["prepare", var folder]:
                await new JoinData(folder).WriteAsync(featureRows: 10_000_000, labels: 1_000_000);
                return 0;
            case ["compare", var folder, var rounds]:
                await CompareAsync(new JoinData(folder), int.Parse(rounds, CultureInfo.InvariantCulture));
                return 0;
            case ["one", var way, var folder]:
                Console.WriteLine(await OneAsync(way, new JoinData(folder)));
                return 0;
            case ["memory", var folder]:
                return new[] { "ours", "narrow", "sql" }.Select(way => Start(Environment.ProcessPath!, Command, "one", way, folder)).Max();
            case ["pandas", var folder]:
                // Debian puts its packages of Python beside the interpreter in /usr/bin, whatever else is first in the path.
                return Start(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", Path.Combine(AppContext.BaseDirectory, "Features", "Joins", "merge_asof.py"), new JoinData(folder).Plain);
            default:
                await Console.Error.WriteLineAsync($"Expected {Command} prepare FOLDER, compare FOLDER ROUNDS, memory FOLDER or pandas FOLDER.");
                return 2;
        }
    }

    private static async Task CompareAsync(JoinData data, int rounds)
    {
        // Each way keeps what a process keeps: ours an open store, whose files are checked before they are first read.
        var store = Open(data, MemoryLimit);
        var ratios = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var ours = await TimeAsync(() => OursAsync(data, store));
            var byHand = await TimeAsync(() => new HandWrittenJoin(data).RunAsync(MemoryLimit));
            if (ours.Answer != byHand.Answer)
            {
                throw new InvalidOperationException($"Expected both joins to find the same values, but found {ours.Answer} and {byHand.Answer}.");
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(round == 0 ? "warm-up" : $"round {round}")}: ours {ours.Seconds:F2} s, SQL by hand {byHand.Seconds:F2} s, ratio {ours.Seconds / byHand.Seconds:F2}, {ours.Answer}"));
            if (round > 0)
            {
                ratios.Add(ours.Seconds / byHand.Seconds);
            }
        }

        ratios.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"median ratio {ratios[ratios.Count / 2]:F2}"));
    }

    private static async Task<string> OneAsync(string way, JoinData data)
    {
        var (seconds, answer) = await TimeAsync(() => way switch
        {
            "ours" => OursAsync(data, Open(data, MemoryLimit)),
            "narrow" => OursAsync(data, Open(data, NarrowLimit)),
            _ => new HandWrittenJoin(data).RunAsync(MemoryLimit),
        });
        return string.Create(CultureInfo.InvariantCulture, $"{way}: {seconds:F2} s, {answer}, peak resident memory {PeakMebibytes()} MiB");
    }

    private static FeatureStore Open(JoinData data, long memoryLimit)
    {
        var options = new FeatureStoreOptions { DuckDbMemoryLimitBytes = memoryLimit, TrainingSetMemoryBytes = memoryLimit == NarrowLimit ? 0 : new FeatureStoreOptions().TrainingSetMemoryBytes };
        return FeatureStore.Open(data.Store, JoinData.Catalog, options: options);
    }

    private static async Task<JoinAnswer> OursAsync(JoinData data, FeatureStore store)
    {
        using var labels = data.ReadLabels();
        using var set = await store.CreateTrainingSetAsync("bench", labels, "t", "y");
        var answer = new JoinAnswer();
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                answer.Add((FloatArray)batch.Column(batch.Schema.GetFieldIndex("f0")));
            }
        }

        return answer;
    }

    private static async Task<(double Seconds, JoinAnswer Answer)> TimeAsync(Func<Task<JoinAnswer>> run)
    {
        GC.Collect();
        var clock = Stopwatch.StartNew();
        var answer = await run();
        return (clock.Elapsed.TotalSeconds, answer);
    }

    private static long PeakMebibytes()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
    }

    private static int Start(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
