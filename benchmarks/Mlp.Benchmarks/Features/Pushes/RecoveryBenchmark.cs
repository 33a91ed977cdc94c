using System.Diagnostics;
using System.Globalization;
using Mlp.Benchmarks.Interop;
using Mlp.Features;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>
/// How long a store of a million rows of 32 floats takes to open after its process was killed, from a checkpoint and from the write-ahead log alone; beside it FASTER alone, and reading as many bytes. Every opening is a process of
/// its own, in turns. <c>-- recovery-benchmark prepare FOLDER</c> writes the stores, <c>compare FOLDER ROUNDS</c> opens them.
/// </summary>
internal static class RecoveryBenchmark
{
    internal const string Command = "recovery-benchmark";

    private const int Rows = 1_000_000;
    private const int RowsPerPush = 10_000;
    private const int SingleCallers = 2000;

    private static readonly string[] Ways = ["checkpoint", "raw-checkpoint", "read-checkpoint", "log", "raw-log", "read-log", "singles", "read-singles"];

    internal static async Task<int> RunAsync(string[] arguments)
    {
        switch (arguments)
        {
            case ["prepare", var folder]:
                await PrepareAsync(folder);
                return 0;
            case ["compare", var folder, var rounds]:
                return Compare(folder, int.Parse(rounds, CultureInfo.InvariantCulture));
            case ["one", var way, var folder]:
                var milliseconds = await OneAsync(way, folder);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{way}: {milliseconds:F0} ms"));
                return 0;
            default:
                await Console.Error.WriteLineAsync($"Expected {Command} prepare FOLDER or compare FOLDER ROUNDS.");
                return 2;
        }
    }

    private static async Task PrepareAsync(string folder)
    {
        foreach (var way in new[] { "checkpoint", "log", "singles" })
        {
            var store = await StorePush.OpenAsync(Path.Combine(folder, way), PushTarget.Online);
            await FillAsync(store, isSingle: way == "singles");
            if (way == "checkpoint")
            {
                // Two, as any store has after a while: beside the first the whole log is kept.
                await store.Store.Online.Store.CheckpointAsync(default);
                await store.Store.Online.Store.CheckpointAsync(default);
            }

            await store.Store.Online.Store.AbandonAsync();
        }

        Directory.CreateDirectory(Path.Combine(folder, "raw"));
        var naive = new NaivePush(Path.Combine(folder, "raw"));
        await FillAsync(naive, isSingle: false);
        await naive.CheckpointAsync();
        await naive.DisposeAsync();
    }

    private static async Task FillAsync(IPushWay way, bool isSingle)
    {
        var random = new Random(9);
        var now = Microseconds.FromFeatureTime(TimeProvider.System.GetUtcNow());
        var length = isSingle ? 1 : RowsPerPush;
        var callers = isSingle ? SingleCallers : 1;
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (var push = Interlocked.Increment(ref next); push < Rows / length; push = Interlocked.Increment(ref next))
            {
                PushedRows rows;
                lock (random)
                {
                    rows = PushedRows.OfRange(push * length, length, now, random);
                }

                using (rows)
                {
                    await way.PushAsync(rows);
                }
            }
        }));
    }

    private static int Compare(string folder, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var way in Ways)
            {
                using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Command, "one", way, folder]) { UseShellExecute = false })!;
                process.WaitForExit();
                if (process.ExitCode != 0)
                {
                    return process.ExitCode;
                }
            }
        }

        return 0;
    }

    /// <summary>Milliseconds from nothing to a store that answers.</summary>
    private static async Task<double> OneAsync(string way, string folder)
    {
        var (clock, last) = (Stopwatch.StartNew(), Rows - 1);
        switch (way)
        {
            case "checkpoint" or "log" or "singles":
                var store = await StorePush.OpenAsync(Path.Combine(folder, way), PushTarget.Online);
                await ExpectAsync(store.Store, last);
                clock.Stop();
                await ExpectAsync(store.Store, [.. Enumerable.Range(0, 1000).Select(i => i * (Rows / 1000))]);
                await store.Store.Online.Store.AbandonAsync();
                break;
            case "raw-checkpoint":
                using (var raw = NaivePush.Open(Path.Combine(folder, "raw")))
                {
                    raw.Recover();
                    Expect(raw, last);
                    clock.Stop();
                }

                break;
            case "raw-log":
                using (var raw = NaivePush.Open(Directory.CreateDirectory(Path.Combine(folder, "raw", Guid.NewGuid().ToString())).FullName))
                {
                    NaivePush.Replay(Path.Combine(folder, "raw"), raw);
                    Expect(raw, last);
                    clock.Stop();
                }

                break;
            case "read-checkpoint":
                Read(Path.Combine(folder, "checkpoint", "features", "online", "checkpoints"));
                Read(Path.Combine(folder, "checkpoint", "features", "online", "rows"));
                break;
            default:
                Read(Path.Combine(folder, way["read-".Length..], "features", "online", "wal"));
                break;
        }

        return clock.Elapsed.TotalMilliseconds;
    }

    private static void Read(string folder)
    {
        var buffer = new byte[1 << 20];
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            while (file.Read(buffer) > 0)
            {
            }
        }
    }

    private static async Task ExpectAsync(FeatureStore store, params int[] ids)
    {
        var rows = await store.ReadAsync("stats-service", ids.Select(id => (EntityValue)(long)id).ToArray());
        if (rows.Status.ContainsAnyExcept(FeatureStatus.Present))
        {
            throw new InvalidOperationException("Expected all rows that were pushed, but found some missing.");
        }
    }

    private static void Expect(RawFasterStore store, int id)
    {
        using var rows = PushedRows.OfRange(id, 1, 0, new Random(0));
        var logged = new byte[PushedRows.LogLength];
        rows.Encode(0, logged);
        if (!NaivePush.Contains(store, PushedRows.KeyOf(logged)))
        {
            throw new InvalidOperationException("Expected the last row that was written, but it is missing.");
        }
    }
}
