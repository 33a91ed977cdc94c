using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

public sealed class OfflineDurabilityTests : OfflineStoreFolder
{
    [Fact]
    public async Task GetSnapshot_DamagedFiles_SaysWhich()
    {
        var store = Open();
        await store.IngestAsync(Rows(1, 5));
        var data = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(data);

        File.WriteAllBytes(data, bytes[..^1]);
        var cut = Assert.Throws<CorruptFileException>(() => Reading.View<IngestedRow>(store).GetSnapshot());
        Assert.Equal(data, cut.Path);
        Assert.Equal($"Expected the file '{data}' of commit 1 of feature view 'ingested' version 1 to have {bytes.Length} bytes, but it has {bytes.Length - 1}.", cut.Message);

        File.Delete(data);
        Assert.Contains("is missing", Assert.Throws<CorruptFileException>(() => Reading.View<IngestedRow>(store).GetSnapshot()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetSnapshot_BitRottenInADataFile_IsNamedBeforeItIsRead()
    {
        var catalog = Serviced();
        await FeatureStore.Open(Temp.FullName, catalog, time: Time).IngestAsync(Rows(1, 1000), "one");
        var file = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(file);
        foreach (var position in new[] { 4, bytes.Length / 3, bytes.Length / 2, bytes.Length - 100 })
        {
            var damaged = (byte[])bytes.Clone();
            damaged[position] ^= 1;
            File.WriteAllBytes(file, damaged);
            var store = FeatureStore.Open(Temp.FullName, catalog, time: Time);

            var error = await Assert.ThrowsAsync<CorruptFileException>(() => store.CreateTrainingSetAsync("ingested-service", Questions(), "at"));

            Assert.Equal(file, error.Path);
            if (position != bytes.Length / 2)
            {
                continue;
            }

            Assert.Equal($"Expected the file '{file}' of feature view 'ingested' version 1 to hold what was committed, but its hash is another one: it is damaged. Restore it, or ingest its rows into a new store.", error.Message);
        }

        File.WriteAllBytes(file, bytes);
        var mended = FeatureStore.Open(Temp.FullName, catalog, time: Time);
        using var set = await mended.CreateTrainingSetAsync("ingested-service", Questions(), "at");
        Assert.Equal(10, set.Manifest.RowCount);

        // A file that changes under an open store is looked at again.
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        File.SetLastWriteTimeUtc(file, Noon.UtcDateTime.AddYears(1));
        Assert.Equal(file, (await Assert.ThrowsAsync<CorruptFileException>(() => mended.CreateTrainingSetAsync("ingested-service", Questions(), "at"))).Path);
    }

    [Fact]
    public async Task CreateTrainingSetAsync_UnreadableFileOfACommitWithoutHashes_IsNamed()
    {
        var catalog = Serviced();
        await FeatureStore.Open(Temp.FullName, catalog, time: Time).IngestAsync(Rows(1, 5000), "one");
        var commit = AllFiles().Single(f => f.EndsWith("1.json", StringComparison.Ordinal));
        var lines = File.ReadAllLines(commit).Where(l => !l.Contains("xxHash128", StringComparison.Ordinal) && !l.Contains("checksum", StringComparison.Ordinal)).ToList();
        File.WriteAllText(commit, string.Join('\n', lines).Replace(",\n      }", "\n      }", StringComparison.Ordinal).Replace("},\n}", "}\n}", StringComparison.Ordinal));
        var file = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(file);
        bytes.AsSpan(4, bytes.Length / 2).Fill(0x5A);
        File.WriteAllBytes(file, bytes);

        var error = await Assert.ThrowsAsync<CorruptFileException>(
            () => FeatureStore.Open(Temp.FullName, catalog, time: Time).CreateTrainingSetAsync("ingested-service", Questions(), "at"));

        Assert.Equal(file, error.Path);
        Assert.Contains("cannot be read: it is damaged", error.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task IngestAsync_PowerLossAfterAcknowledgement_LosesNothing()
    {
        var root = Directory.CreateDirectory(Temp.Combine("live")).FullName;
        using var disk = new UnsyncedLossDisk(root);
        var store = new FeatureStore(new DataDirectory(root, MlPlatformMode.Owner), Catalog(), null, Time, null, disk);
        store.OpenOffline();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            await store.IngestAsync(Rows(round, 3), $"batch-{round}");
            var after = FeatureStore.Open(disk.Crash(Temp.Combine($"crash-{round}")), Catalog(), time: Time);
            Assert.Equal(
                Enumerable.Range(0, round + 1).SelectMany(r => Enumerable.Repeat((long)r, 3)), Reading.Column<long>(after, View, "batch"));
        }
    }

    [LinuxFact]
    public async Task IngestAsync_PowerLossAtEverySync_LeavesTheBatchWholeOrAbsent()
    {
        var syncs = int.MaxValue;
        for (var failing = 1; failing <= syncs; failing++)
        {
            var root = Directory.CreateDirectory(Temp.Combine($"live-{failing}")).FullName;
            using var watched = new UnsyncedLossDisk(root);
            var disk = new CuttingDisk(watched);
            var store = new FeatureStore(new DataDirectory(root, MlPlatformMode.Owner), Catalog(), null, Time, null, disk);
            store.OpenOffline();
            await store.IngestAsync(Rows(1, 3), "first");
            disk.RemainingSyncs = failing - 1;
            var acknowledged = false;
            try
            {
                await store.IngestAsync(Rows(2, 3), "second");
                acknowledged = true;
                syncs = failing - 1;
            }
            catch (IOException)
            {
                // The power went; what is left is looked at below.
            }

            var after = FeatureStore.Open(watched.Crash(Temp.Combine($"crash-{failing}")), Catalog(), time: Time);
            var found = Reading.Column<long>(after, View, "batch");
            Assert.True(found is [1, 1, 1, 2, 2, 2] || (!acknowledged && found is [1, 1, 1]), $"At sync {failing}: {string.Join(", ", found)}.");

            // The batch can be taken in again under its name.
            await after.IngestAsync(Rows(2, 3), "second");
            Assert.Equal([1, 1, 1, 2, 2, 2], Reading.Column<long>(after, View, "batch"));
        }

        Assert.InRange(syncs, 4, 40);
    }

    [Fact]
    public async Task IngestAsync_KilledChildBesideAReader_LosesNothingAndTheReaderSeesNoError()
    {
        var catalog = new FeaturesBuilder().Add<IngestedRow>().AddService("ingested-service", 1, s => s.From<IngestedRow>()).Build();
        var reader = FeatureStore.Open(Temp.FullName, catalog);
        var next = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("ingest", Temp.FullName, $"{next}", "1");
            var acknowledged = new List<int>();
            var target = next + 1 + (round % 3);
            while (acknowledged.Count == 0 || acknowledged[^1] < target)
            {
                var line = await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync());
                acknowledged.Add(Number(line));

                // Reads go on while the child ingests.
                Reading.Column<long>(reader, View, "batch");
            }

            acknowledged.AddRange((await child.KillAsync()).Select(Number));
            Assert.Equal(Enumerable.Range(next, acknowledged.Count), acknowledged);
            next = acknowledged[^1] + 1;

            var found = Reading.Column<long>(FeatureStore.Open(Temp.FullName, catalog), View, "batch");
            Assert.All(found.CountBy(b => b), b => Assert.Equal(10, b.Value));
            var batches = found.Distinct().Select(b => (int)b).Order().ToList();
            Assert.True(batches.SequenceEqual(Enumerable.Range(0, next)) || batches.SequenceEqual(Enumerable.Range(0, next + 1)), $"{next} acknowledged, found {string.Join(", ", batches)}.");
        }

        using var set = await reader.CreateTrainingSetAsync("ingested-service", Enumerable.Range(0, 10).Select(i => new Question(i, DateTimeOffset.UnixEpoch.AddYears(50))), "at");
        Assert.Equal(10, set.Manifest.RowCount);

        static int Number(string line) => int.Parse(line.AsSpan("ack ".Length), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static IEnumerable<Question> Questions() => Enumerable.Range(0, 10).Select(i => new Question(i, Noon.AddYears(1)));
}
