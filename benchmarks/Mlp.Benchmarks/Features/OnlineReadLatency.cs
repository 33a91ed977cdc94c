using System.Diagnostics;
using System.Runtime.InteropServices;
using Mlp.Runtime.Data;
using StackExchange.Redis;

namespace Mlp.Benchmarks.Features;

/// <summary>
/// <c>online-read-latency [int64|string|composite|redis|threads|writer] ...</c>: percentiles of reads of 32 float features of one or 256 of a million entities. What is compared takes turns, a few
/// hundred calls each, so that what else the machine does meets all of it.
/// </summary>
internal static class OnlineReadLatency
{
    private const int Rows = 1_000_000;
    private const int Batch = 256;
    private const int Turn = 512;
    private const int LongTurn = 20_000;
    private const int Calls = 200_000;

    /// <summary>Runs and prints.</summary>
    /// <param name="parts">What to measure; none for all.</param>
    public static async Task RunAsync(IReadOnlyList<string> parts)
    {
        Console.WriteLine($"{Environment.ProcessorCount} processors, {Rows} entities; {Latencies.Header}");
        foreach (var key in OnlineReadKey.All.Where(key => parts is [] || parts.Contains(key.Name) || (key.Name == "int64" && parts.Any(part => part is "redis" or "threads" or "writer"))))
        {
            await using var fixture = await OnlineReadFixture.CreateAsync(key, Rows);
            if (parts is [] || parts.Contains(key.Name))
            {
                CompareSingle(fixture);
                CompareBatch(fixture);
            }

            if (key.Name == "int64" && (parts is [] || parts.Contains("redis")))
            {
                await CompareRedisAsync(fixture);
            }

            if (key.Name == "int64" && (parts is [] || parts.Contains("threads")))
            {
                CompareThreads(fixture);
            }

            if (key.Name == "int64" && (parts is [] || parts.Contains("writer")))
            {
                await ReadBesideWriterAsync(fixture);
            }
        }
    }

    private static void CompareSingle(OnlineReadFixture fixture)
    {
        var (raw, tiered, plain, clock) = (new Latencies(Calls), new Latencies(Calls), new Latencies(Calls), new Latencies(Calls));
        var (readTiered, readPlain, readRaw) = (ReadOne(fixture, fixture.Tiered), ReadOne(fixture, fixture.Plain), ReadRaw(fixture));
        Action<int> nothing = static _ => { };
        Warm(readRaw, readTiered, readPlain, nothing);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var first = 0; !plain.IsFull; first += 3 * Turn)
        {
            Measure(raw, first, readRaw);
            Measure(tiered, first + Turn, readTiered);
            Measure(plain, first + (2 * Turn), readPlain);
            Measure(clock, 0, nothing);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine($"{fixture.Key.Name}, one entity: FASTER alone {raw}; service with hot tier {tiered}; without {plain}; an empty call {clock}; {allocated} bytes allocated by {4 * Calls} calls");
        Console.WriteLine(FormattableString.Invariant($"  p50 against FASTER: {tiered.Quantile(0.5) / raw.Quantile(0.5):F2} with hot tier, {plain.Quantile(0.5) / raw.Quantile(0.5):F2} without"));
    }

    private static void CompareBatch(OnlineReadFixture fixture)
    {
        const int Batches = 3000;
        var (raw, tiered, plain) = (new Latencies(Batches), new Latencies(Batches), new Latencies(Batches));
        var (readTiered, readPlain, readRaw) = (ReadMany(fixture, fixture.Tiered), ReadMany(fixture, fixture.Plain), ReadRaw(fixture));
        Action<int> readRaws = first =>
        {
            for (var i = 0; i < Batch; i++)
            {
                readRaw(first + i);
            }
        };
        Warm(readRaws, readTiered, readPlain);
        for (var first = 0; !plain.IsFull; first += 3 * Batch)
        {
            Measure(raw, first, readRaws, 1);
            Measure(tiered, first + Batch, readTiered, 1);
            Measure(plain, first + (2 * Batch), readPlain, 1);
        }

        Console.WriteLine($"{fixture.Key.Name}, 256 entities: 256 reads of FASTER {raw}; service with hot tier {tiered}; without {plain}");
        Console.WriteLine(FormattableString.Invariant($"  times faster by p50: {raw.Quantile(0.5) / tiered.Quantile(0.5):F2} with hot tier, {raw.Quantile(0.5) / plain.Quantile(0.5):F2} without"));
    }

    private static async Task CompareRedisAsync(OnlineReadFixture fixture)
    {
        const int Batches = 1000;
        await using var server = await RedisServer.StartAsync();
        if (server is null)
        {
            Console.WriteLine("redis: no redis-server here");
            return;
        }

        var database = server.Connection.GetDatabase();
        var value = new byte[OnlineReadFixture.Fields * sizeof(float)];
        var random = new Random(3);
        for (var start = 0; start < Rows; start += 10_000)
        {
            var writes = new List<KeyValuePair<RedisKey, RedisValue>>(10_000);
            for (var id = start; id < start + 10_000; id++)
            {
                random.NextBytes(value);
                writes.Add(new(RedisKeyOf(id), value.ToArray()));
            }

            await database.StringSetAsync([.. writes]);
        }

        var (pipelined, many, oursMany) = (new Latencies(Batches), new Latencies(Batches), new Latencies(Batches));
        var (readOne, readMany) = (ReadOne(fixture, fixture.Tiered), ReadMany(fixture, fixture.Tiered));
        Action<int> get = i => Expect(((byte[]?)database.StringGet(RedisKeyOf(fixture.Ids[i & (OnlineReadFixture.Asked - 1)])))?.Length);
        Action<int> pipeline = first =>
        {
            var reads = new Task<RedisValue>[Batch];
            for (var i = 0; i < Batch; i++)
            {
                reads[i] = database.StringGetAsync(RedisKeyOf(fixture.Ids[(first + i) & (OnlineReadFixture.Asked - 1)]));
            }

            Expect(((byte[]?)Task.WhenAll(reads).GetAwaiter().GetResult()[^1])?.Length);
        };
        Action<int> multiple = first => Expect(((byte[]?)database.StringGet([.. Enumerable.Range(first, Batch).Select(i => RedisKeyOf(fixture.Ids[i & (OnlineReadFixture.Asked - 1)]))])[^1])?.Length);
        Warm(get, readOne, pipeline, multiple, readMany);
        CompareUnpipelined(get, readOne, Turn, 20_000);
        CompareUnpipelined(get, readOne, LongTurn, 5 * LongTurn);
        for (var first = 0; !many.IsFull; first += 3 * Batch)
        {
            Measure(pipelined, first, pipeline, 1);
            Measure(many, first + Batch, multiple, 1);
            Measure(oursMany, first + (2 * Batch), readMany, 1);
        }

        Console.WriteLine($"redis on loopback, 256 entities: pipelined GETs {pipelined}; MGET {many}; service with hot tier {oursMany}");
        Console.WriteLine(FormattableString.Invariant(
            $"  times faster by p50: {pipelined.Quantile(0.5) / oursMany.Quantile(0.5):F1} against pipelined, {many.Quantile(0.5) / oursMany.Quantile(0.5):F1} against MGET"));
    }

    /// <summary>In short turns each begins with the caches of the other, in long ones it soon has its own.</summary>
    private static void CompareUnpipelined(Action<int> get, Action<int> readOne, int turn, int calls)
    {
        var (redis, ours) = (new Latencies(calls), new Latencies(calls));
        for (var first = 0; !ours.IsFull; first += 2 * turn)
        {
            Measure(redis, first, get, turn);
            Measure(ours, first + turn, readOne, turn);
        }

        Console.WriteLine(FormattableString.Invariant(
            $"redis on loopback, one entity, turns of {turn} calls: GET {redis}; service with hot tier {ours}; times faster by p50: {redis.Quantile(0.5) / ours.Quantile(0.5):F1}"));
    }

    private static void CompareThreads(OnlineReadFixture fixture)
    {
        foreach (var (name, reader) in new[] { ("hot tier", fixture.Tiered), ("no hot tier", fixture.Plain) })
        {
            foreach (var isBatch in new[] { false, true })
            {
                var rates = new[] { 1, 2, 4 }.Select(threads => ReadsPerSecond(fixture, reader, threads, isBatch)).ToArray();
                Console.WriteLine(FormattableString.Invariant(
                    $"threads, {name}, {(isBatch ? "256 entities a call" : "one entity a call")}: {rates[0] / 1e6:F2} M entities/s by 1, {rates[1] / 1e6:F2} by 2 ({rates[1] / rates[0]:F2}), {rates[2] / 1e6:F2} by 4 ({rates[2] / rates[0]:F2})"));
            }
        }
    }

    private static double ReadsPerSecond(OnlineReadFixture fixture, Mlp.Runtime.Data.IFeatureServiceReader reader, int threads, bool isBatch)
    {
        var duration = TimeSpan.FromSeconds(1.5);
        var counts = new long[threads];
        using var start = new Barrier(threads);
        var elapsed = 0L;
        var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            var read = isBatch ? ReadMany(fixture, reader) : ReadOne(fixture, reader);
            var step = isBatch ? Batch : 1;
            for (var i = 0; i < 5000; i += step)
            {
                read(i);
            }

            start.SignalAndWait();
            var started = Stopwatch.GetTimestamp();
            var count = 0L;
            for (var i = t * 60_000; Stopwatch.GetElapsedTime(started) < duration;)
            {
                for (var turn = 0; turn < 8; turn++, i += step, count += step)
                {
                    read(i);
                }
            }

            counts[t] = count;
            InterlockedMax(ref elapsed, Stopwatch.GetTimestamp() - started);
        })).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        return counts.Sum() / ((double)elapsed / Stopwatch.Frequency);
    }

    private static async Task ReadBesideWriterAsync(OnlineReadFixture fixture)
    {
        const int RowsPerPush = 2000;
        const int RowsPerSecond = 100_000;
        var random = new Random(4);
        foreach (var (name, reader, isTiered) in new[] { ("hot tier", fixture.Tiered, true), ("no hot tier", fixture.Plain, false) })
        {
            var alone = ReadFor(fixture, reader, TimeSpan.FromSeconds(3), () => false);
            using var stop = new CancellationTokenSource();
            var written = 0L;
            var started = Stopwatch.GetTimestamp();
            var writing = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var ids = Enumerable.Range(0, RowsPerPush).Select(_ => random.Next(Rows)).Distinct().ToArray();
                    await fixture.PushAsync(ids, Microseconds.FromRequestTime(TimeProvider.System.GetUtcNow()), random, isTiered);
                    written += ids.Length;
                    var ahead = TimeSpan.FromSeconds((double)written / RowsPerSecond) - Stopwatch.GetElapsedTime(started);
                    if (ahead > TimeSpan.Zero)
                    {
                        await Task.Delay(ahead);
                    }
                }
            });
            var beside = ReadFor(fixture, reader, TimeSpan.FromSeconds(5), () => writing.IsFaulted);
            var rate = written / Stopwatch.GetElapsedTime(started).TotalSeconds;
            await stop.CancelAsync();
            await writing;
            Console.WriteLine(FormattableString.Invariant($"writer, {name}, one entity: alone {alone}; beside a writer of {rate:F0} rows/s {beside}"));
        }
    }

    private static Latencies ReadFor(OnlineReadFixture fixture, IFeatureServiceReader reader, TimeSpan duration, Func<bool> isOver)
    {
        var latencies = new Latencies(10_000_000);

        // Rows that are written meanwhile are later than the question of the others.
        var read = ReadOne(fixture, reader, fixture.AsOf + (3_600L * 1_000_000));
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; Stopwatch.GetElapsedTime(started) < duration && !latencies.IsFull && !isOver(); i += Turn)
        {
            Measure(latencies, i, read);
        }

        return latencies;
    }

    private static void Measure(Latencies latencies, int first, Action<int> read, int calls = Turn)
    {
        for (var i = first; i < first + calls && !latencies.IsFull; i++)
        {
            var started = Stopwatch.GetTimestamp();
            read(i);
            latencies.Add(started);
        }
    }

    private static void Warm(params ReadOnlySpan<Action<int>> reads)
    {
        foreach (var read in reads)
        {
            for (var i = 0; i < 3000; i++)
            {
                read(i);
            }
        }
    }

    private static Action<int> ReadOne(OnlineReadFixture fixture, IFeatureServiceReader reader, long? asOf = null)
    {
        var rows = new FeatureRows(reader.Description.Layout, 1);
        var width = fixture.Key.Columns.Length;
        var time = asOf ?? fixture.AsOf;
        return i => OnlineReadFixture.Read(reader, fixture.Keys.AsMemory((i & (OnlineReadFixture.Asked - 1)) * width, width), time, rows, 1);
    }

    private static Action<int> ReadMany(OnlineReadFixture fixture, IFeatureServiceReader reader)
    {
        var rows = new FeatureRows(reader.Description.Layout, Batch);
        var width = fixture.Key.Columns.Length;
        return i => OnlineReadFixture.Read(reader, fixture.Keys.AsMemory(i / Batch * Batch % OnlineReadFixture.Asked * width, Batch * width), fixture.AsOf, rows, Batch);
    }

    private static Action<int> ReadRaw(OnlineReadFixture fixture)
    {
        var destination = GC.AllocateArray<byte>(OnlineReadFixture.RowLength, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(destination, 0);
        return i =>
        {
            if (!fixture.Raw.Read(fixture.Encoded[i & (OnlineReadFixture.Asked - 1)], address))
            {
                throw new InvalidOperationException("Expected the row to be in memory, but it is not.");
            }

            GC.KeepAlive(destination);
        };
    }

    private static RedisKey RedisKeyOf(int id) => "stats:" + id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void Expect(int? length)
    {
        if (length != OnlineReadFixture.Fields * sizeof(float))
        {
            throw new InvalidOperationException($"Expected a row of redis, but found {length?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}.");
        }
    }

    private static void InterlockedMax(ref long value, long candidate)
    {
        for (var seen = Volatile.Read(ref value); seen < candidate; seen = Volatile.Read(ref value))
        {
            Interlocked.CompareExchange(ref value, candidate, seen);
        }
    }
}
