using System.Globalization;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

public sealed class CompactionDurabilityTests : CompactedStore
{
    [LinuxFact]
    public async Task CompactAsync_PowerLossAtEverySync_LeavesTheRowsAsTheyAre()
    {
        var syncs = int.MaxValue;
        for (var failing = 1; failing <= syncs; failing++)
        {
            var root = Directory.CreateDirectory(Temp.Combine($"live-{failing}")).FullName;
            using var watched = new UnsyncedLossDisk(root);
            var disk = new CuttingDisk(watched);
            var store = new FeatureStore(new DataDirectory(root, MlPlatformMode.Owner), Catalog, new FeatureStoreOptions { RemovedFileRetention = TimeSpan.Zero }, Time, null, disk);
            store.OpenOffline();
            await store.IngestAsync([Row("a", Noon, 1), Row("a", Noon, 2)]);
            await store.IngestAsync([Row("b", Noon.AddDays(1), 3)]);
            disk.RemainingSyncs = failing - 1;
            var done = false;
            try
            {
                await store.CompactAsync("measured");
                await store.ExpireAsync("measured");
                (done, syncs) = (true, failing - 1);
            }
            catch (IOException)
            {
                // The power went; what is left is looked at below.
            }

            var after = FeatureStore.Open(watched.Crash(Temp.Combine($"crash-{failing}")), Catalog, time: Time);
            var compacted = Reading.View<Measured>(after).LastCommit()!.Number == 3;
            Assert.True(compacted || !done);
            Assert.Equal(compacted ? [2, 3] : [1, 2, 3], Reading.Column<long>(after, View, "number"));
            await after.CompactAsync("measured", new CompactionOptions { IsFull = true });
            await after.IngestAsync([Row("c", Noon, 4)]);
            Assert.Equal([2, 3, 4], Reading.Column<long>(after, View, "number"));
        }

        Assert.InRange(syncs, 4, 40);
    }

    [Fact]
    public async Task CompactAsync_KilledChildBesideAReader_LosesNothingAndTheReaderSeesNoError()
    {
        var catalog = new FeaturesBuilder().Add<IngestedRow>().AddService("ingested-service", 1, s => s.From<IngestedRow>()).Build();
        var reader = FeatureStore.Open(Temp.FullName, catalog, MlPlatformMode.Reader, new FeatureStoreOptions { DuckDbThreads = 1 });
        var view = FeatureViewDefinition.FromRecord<IngestedRow>();
        var (next, removed) = (0, 0);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("maintain", Temp.FullName, next.ToString(CultureInfo.InvariantCulture));
            var acknowledged = new List<int>();
            var latest = 0L;
            var target = next + 2 + (round % 5);
            while (acknowledged.Count == 0 || acknowledged[^1] < target)
            {
                acknowledged.Add(Number(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync())));

                // Reads go on while the child ingests, compacts and removes what was compacted.
                using var set = await reader.CreateTrainingSetAsync("ingested-service", [new { Id = 3L, At = DateTimeOffset.UnixEpoch.AddYears(80) }], "at");
                await foreach (var batch in set.ReadAsync())
                {
                    latest = ((Apache.Arrow.Int64Array)batch.Column("batch")).Values[0];
                    Assert.True(latest >= acknowledged[^1], $"{acknowledged[^1]} was acknowledged, but the reader sees {latest}.");
                }
            }

            acknowledged.AddRange((await child.KillAsync()).Select(Number));
            Assert.Equal(Enumerable.Range(next, acknowledged.Count), acknowledged);
            next = acknowledged[^1] + 1;

            var store = FeatureStore.Open(Temp.FullName, catalog);
            var found = Reading.Column<long>(store, view, "batch");
            Assert.All(found.CountBy(b => b), b => Assert.Equal(10, b.Value));
            var batches = found.Distinct().Select(b => (int)b).Order().ToList();
            Assert.True(batches.SequenceEqual(Enumerable.Range(0, next)) || batches.SequenceEqual(Enumerable.Range(0, next + 1)), $"{next} acknowledged, found {string.Join(", ", batches)}.");
            Assert.InRange(latest, 0, batches.Count - 1);
            next = batches.Count;
            removed += Reading.View<IngestedRow>(store).Commits().Sum(commit => commit.Removed.Count);
        }

        Assert.NotEqual(0, removed);

        static int Number(string line) => int.Parse(line.AsSpan("ack ".Length), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Maintenance_OwnerWithManySmallFiles_CompactsAndLaterRemovesThem()
    {
        var options = new FeatureStoreOptions { CompactionFileCount = 3, RemovedFileRetention = TimeSpan.FromHours(1) };
        var store = Open(Temp, options);
        for (var i = 0; i < 3; i++)
        {
            await store.IngestAsync([Row("a", Noon.AddHours(i), i)]);
        }

        store.StartMaintenance();
        await RoundAsync(store, TimeSpan.FromMinutes(1));
        Assert.Equal((4L, 4), (Reading.View<Measured>(store).LastCommit()!.Number, DataFiles().Count));
        await RoundAsync(store, TimeSpan.FromHours(1));
        Assert.Single(DataFiles());
        Assert.Null(store.MaintenanceFailure);
        await store.StopMaintenanceAsync();

        Reader().StartMaintenance();
        Assert.Null(Reader().Maintenance);

        FeatureStore Reader() => FeatureStore.Open(Temp.FullName, Catalog, MlPlatformMode.Reader, options, Time);
    }

    [Fact]
    public async Task Maintenance_DamagedFile_IsToldAndTriedAgain()
    {
        var store = Open(Temp, new FeatureStoreOptions { CompactionFileCount = 2 });
        await store.IngestAsync([Row("a", Noon, 1)]);
        await store.IngestAsync([Row("a", Noon.AddHours(1), 2)]);
        var file = DataFiles()[0];
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. bytes[..^20], .. new byte[20]]);
        store.StartMaintenance();
        await RoundAsync(store, TimeSpan.FromMinutes(1));
        Assert.IsType<CorruptFileException>(store.MaintenanceFailure);
        File.WriteAllBytes(file, bytes);
        await RoundAsync(store, TimeSpan.FromMinutes(1));
        Assert.Null(store.MaintenanceFailure);
        Assert.Equal(3, Reading.View<Measured>(store).LastCommit()!.Number);
        await store.StopMaintenanceAsync();
    }

    private async Task RoundAsync(FeatureStore store, TimeSpan step)
    {
        var maintenance = store.Maintenance!;
        var rounds = maintenance.Rounds;
        Time.Advance(step);
        while (maintenance.Rounds == rounds)
        {
            await Task.Yield();
        }
    }
}
