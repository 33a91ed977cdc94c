using System.Diagnostics;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>
/// Rows per second that are acknowledged, on the device and readable, by batches of 1, 100 and 10,000 rows and by 16 callers with a row each. All ways take turns within a round, and each ratio is of one round, since the
/// device is another one from minute to minute. <c>-- push-benchmark ROUNDS</c>.
/// </summary>
internal static class PushBenchmark
{
    internal const string Command = "push-benchmark";

    private const int Entities = 1_000_000;
    private const int Callers = 16;

    // How often each batch is pushed by a caller in a turn: a turn of some tenths of a second.
    private static readonly (int RowsPerPush, int Callers, int PushesPerTurn)[] Cases = [(1, 1, 150), (1, Callers, 60), (100, 1, 100), (10_000, 1, 4)];

    internal static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not [var text] || !int.TryParse(text, out var rounds) || rounds < 1)
        {
            await Console.Error.WriteLineAsync($"Expected {Command} ROUNDS.");
            return 2;
        }

        // Callers of the ways that block hold a thread each.
        ThreadPool.SetMinThreads(2 * Callers, 2 * Callers);
        var directory = Directory.CreateTempSubdirectory("mlp-push-").FullName;
        try
        {
            var ways = await StartAsync(directory);
            await WarmUpAsync(ways);
            foreach (var (rowsPerPush, callers, pushes) in Cases)
            {
                await CompareAsync(ways, rowsPerPush, callers, pushes, rounds);
            }

            foreach (var way in ways)
            {
                await way.DisposeAsync();
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        return 0;
    }

    private static async Task<List<IPushWay>> StartAsync(string directory)
    {
        List<IPushWay> ways =
        [
            new FileAppend(directory), new NaivePush(directory), await StorePush.OpenAsync(Path.Combine(directory, "online"), PushTarget.Online),
            await StorePush.OpenAsync(Path.Combine(directory, "both"), PushTarget.OnlineAndOffline),
        ];
        if (await RedisPush.StartAsync(directory) is { } redis)
        {
            ways.Add(redis);
        }

        return ways;
    }

    /// <summary>Pushes until the code of all ways is compiled for good; the compiler takes one of the processors as long.</summary>
    private static async Task WarmUpAsync(List<IPushWay> ways)
    {
        var random = new Random(6);
        var now = Microseconds.FromFeatureTime(TimeProvider.System.GetUtcNow());
        foreach (var (rowsPerPush, pushes) in new[] { (1, 2000), (100, 500), (1, 2000) })
        {
            var rows = Enumerable.Range(0, pushes).Select(_ => PushedRows.OfAny(rowsPerPush, Entities, now, random)).ToArray();
            foreach (var way in ways)
            {
                await TurnAsync(way, [rows], new PushTimes(pushes));
                await way.SettleAsync();
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(1));
    }

    private static async Task CompareAsync(List<IPushWay> ways, int rowsPerPush, int callers, int pushes, int rounds)
    {
        var random = new Random(7);
        var results = ways.Select(_ => new PushTimes(rounds * callers * pushes)).ToList();
        for (var round = 0; round < rounds; round++)
        {
            // Later rows than those of the round before; made before the clock runs, the same for all.
            var now = Microseconds.FromFeatureTime(TimeProvider.System.GetUtcNow());
            var rows = Enumerable.Range(0, callers).Select(_ => Enumerable.Range(0, pushes).Select(_ => PushedRows.OfAny(rowsPerPush, Entities, now, random)).ToArray()).ToArray();
            foreach (var (way, times) in ways.Zip(results))
            {
                await TurnAsync(way, rows, times);
                await way.SettleAsync();
            }

            foreach (var batch in rows.SelectMany(caller => caller))
            {
                batch.Dispose();
            }
        }

        Console.WriteLine($"{rowsPerPush} rows a push, {callers} caller(s), {rounds} rounds of {callers * pushes} pushes a way:");
        foreach (var (way, times) in ways.Zip(results))
        {
            Console.WriteLine($"  {way.Name}: {times}; against {ways[0].Name} {times.RatioTo(results[0])}; against {ways[1].Name} {times.RatioTo(results[1])}");
        }
    }

    private static async Task TurnAsync(IPushWay way, PushedRows[][] rows, PushTimes times)
    {
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(rows.Select(caller => Task.Run(async () =>
        {
            foreach (var batch in caller)
            {
                var pushed = Stopwatch.GetTimestamp();
                await way.PushAsync(batch);
                times.AddPush(Stopwatch.GetElapsedTime(pushed));
            }
        })));
        times.AddTurn(rows.Sum(caller => caller.Sum(batch => batch.Count)), Stopwatch.GetElapsedTime(started));
    }
}
