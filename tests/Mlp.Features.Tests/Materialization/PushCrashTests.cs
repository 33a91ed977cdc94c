using System.Globalization;
using System.Text;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Online;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

/// <summary>No acknowledged push is lost, online or offline, and none is doubled: by SIGKILL and by a power cut.</summary>
public abstract class PushCrashTests(long hotTierSize) : IDisposable
{
    public sealed class WithHotTier() : PushCrashTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : PushCrashTests(0);

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<PushedNumber>().AddService("numbers", 1, service => service.From<PushedNumber>()).Build();

    private readonly TempDirectory _directory = new();

    public void Dispose()
    {
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task PushAsync_ProcessKilledAnywhere_EveryAcknowledgedRowIsThereOnce()
    {
        var random = new Random(20_240_801);
        var root = _directory.Combine("data");
        var acknowledged = new HashSet<long>();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("push", root, (round * 1_000_000L).ToString(CultureInfo.InvariantCulture), "3");
            Assert.Equal("start", await child.ReadLineAsync() ?? await child.ReadErrorsAsync());
            var lines = new List<string>();
            for (var wanted = random.Next(0, 400); lines.Count < wanted;)
            {
                lines.Add(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync()));
            }

            lines.AddRange(await child.KillAsync());
            acknowledged.UnionWith(lines.SelectMany(AcknowledgedNumbers));
            await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize) { Root = root };
            await harness.OpenAsync();
            await CheckAsync(harness, acknowledged);
        }

        Assert.NotEmpty(acknowledged);
    }

    [LinuxFact]
    public async Task PushAsync_PowerCutAnywhere_EveryAcknowledgedRowIsThereOnce()
    {
        var random = new Random(20_240_802);
        var root = Directory.CreateDirectory(_directory.Combine("0")).FullName;
        var acknowledged = new HashSet<long>();
        for (var round = 1; round <= TestRounds.Count; round++)
        {
            using var disk = new UnsyncedLossDisk(root);
            await using var harness = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize) { Root = root, Disk = disk };
            harness.Options.Online.OfflineBatchSize = 15;
            await harness.OpenAsync();
            var next = round * 1_000_000L;
            using var stop = new CancellationTokenSource();
            var pushing = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var rows = Enumerable.Range(0, 1 + (int)(next % 3)).Select(i => PushedNumber.Create(next + i)).ToList();
                    next += rows.Count;
                    await harness.Store.PushAsync(rows);
                    lock (acknowledged)
                    {
                        acknowledged.UnionWith(rows.Select(row => row.Number));
                    }
                }
            });
            var checkpoints = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await harness.Store.Online.Store.CheckpointAsync(default);
                }
            });
            for (var syncs = disk.SyncCount + random.Next(1, 250); disk.SyncCount < syncs;)
            {
                await Task.Delay(1);
            }

            HashSet<long> atTheCut;
            lock (acknowledged)
            {
                atTheCut = [.. acknowledged];
            }

            var found = disk.Crash(_directory.Combine(round.ToString(CultureInfo.InvariantCulture)));
            await stop.CancelAsync();
            await Task.WhenAll(pushing, checkpoints);

            await using var again = new FeatureStoreHarness(Catalog, hotTierSize: hotTierSize) { Root = found };
            await again.OpenAsync();
            acknowledged = await CheckAsync(again, atTheCut);
            root = found;
        }

        Assert.NotEmpty(acknowledged);
    }

    /// <summary>Every acknowledged number is offline, none twice, and online reads the latest of each entity.</summary>
    /// <returns>All numbers that are there.</returns>
    private static async Task<HashSet<long>> CheckAsync(FeatureStoreHarness harness, HashSet<long> acknowledged)
    {
        await harness.Store.FlushAsync();
        var snapshot = harness.Store.Offline.Open(Catalog.Views[0]).GetSnapshot();
        using var session = harness.Store.Offline.OpenSession();
        var numbers = session.Query($"SELECT number FROM {snapshot.Relation()}").Select(row => (long)row[0]!).ToList();
        var there = numbers.ToHashSet();
        Assert.Equal(there.Count, numbers.Count);
        Assert.Empty(acknowledged.Except(there));
        Assert.Equal(numbers.Count, session.QueryInt64($"SELECT count(DISTINCT ingest_sequence) FROM {snapshot.Relation()}"));

        var latest = there.GroupBy(number => number % PushedNumber.Entities).ToDictionary(group => group.Key, group => group.Max());
        for (var entity = 0L; entity < PushedNumber.Entities; entity++)
        {
            var rows = await harness.Store.ReadAsync("numbers", new EntityValue[] { entity });
            if (!latest.TryGetValue(entity, out var number))
            {
                Assert.Equal(FeatureStatus.Missing, rows.StatusOf(0)[0]);
                continue;
            }

            var expected = PushedNumber.Create(number);
            Assert.Equal((number, expected.Half, expected.Text), (rows.Int64Of(0)[0], rows.Float64Of(0)[0], Encoding.UTF8.GetString(rows.StringOf(0, 0))));
        }

        return there;
    }

    private static IEnumerable<long> AcknowledgedNumbers(string line)
    {
        var parts = line.Split(' ');
        Assert.Equal("ack", parts[0]);
        var first = long.Parse(parts[1], CultureInfo.InvariantCulture);
        return Enumerable.Range(0, int.Parse(parts[2], CultureInfo.InvariantCulture)).Select(i => first + i);
    }
}
