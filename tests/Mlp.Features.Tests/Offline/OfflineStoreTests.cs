using Microsoft.Extensions.Time.Testing;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Offline;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

public sealed class OfflineStoreTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<IngestedRow>();

    private readonly TempDirectory _temp = new();
    private readonly FakeTimeProvider _time = new(Noon);

    [Fact]
    public async Task IngestAsync_SameBatchTwice_ChangesNothing()
    {
        var store = Open();
        var first = await store.IngestAsync(Rows(1, 5), "monday");
        var files = AllFiles();
        var second = await store.IngestAsync(Rows(2, 7), "monday");

        Assert.False(first.IsRepeated);
        Assert.Equal(first with { IsRepeated = true }, second);
        Assert.Equal(files, AllFiles());
        Assert.Equal(first with { IsRepeated = true }, await Open().IngestAsync(Rows(1, 5), "monday"));
    }

    [Fact]
    public async Task IngestAsync_ClockStandsOrGoesBack_SequencesStillIncrease()
    {
        var store = Open();
        var first = await store.IngestAsync(Rows(1, 5));
        var second = await store.IngestAsync(Rows(2, 3));
        var later = new FeatureStore(new DataDirectory(_temp.FullName, MlPlatformMode.Reader), Catalog(), time: new FakeTimeProvider(Noon.AddDays(-1)));
        later.OpenOffline();
        var third = await later.IngestAsync(Rows(3, 2));

        Assert.Equal(Microseconds.FromRequestTime(Noon), first.FirstSequence);
        Assert.Equal(first.FirstSequence + 10, second.FirstSequence);
        Assert.Equal(second.FirstSequence + 6, third.FirstSequence);
        Assert.Equal([1, 1, 1, 1, 1, 2, 2, 2, 3, 3], Reading.Column<long>(store, View, "batch"));
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => first.FirstSequence + (2 * i)), Reading.Column<long>(store, View, FeatureViewDefinition.StoredSequence));
    }

    [Fact]
    public async Task IngestAsync_DaysFarApart_CutsFilesAtDaysAndListsTheirTimes()
    {
        var options = new FeatureStoreOptions { TargetFileRows = 3 };
        var store = FeatureStore.Open(_temp.FullName, Catalog(), options: options, time: _time);
        int[] hours = [49, 1, 2, 30, 25, 73, 3];
        await store.IngestAsync(hours.Select(h => new IngestedRow(h, Noon.Date.AddHours(h), h, "x")));

        var commit = Reading.View<IngestedRow>(store).LastCommit()!;
        Assert.Equal(7, commit.RowCount);
        Assert.Equal(
            [("2026-03-01", 3L, Hours(1), Hours(3)), ("2026-03-02", 3L, Hours(25), Hours(49)), ("2026-03-04", 1L, Hours(73), Hours(73))],
            commit.Added.Select(f => (f.Path.Split('/')[1], f.RowCount, f.MinEventTime, f.MaxEventTime)));
        Assert.Equal(hours.Select(h => (long)h), Reading.Column<long>(store, View, "batch"));

        static long Hours(int hours) => Microseconds.FromFeatureTime(new DateTimeOffset(Noon.Date, TimeSpan.Zero).AddHours(hours));
    }

    [Fact]
    public async Task GetSnapshot_EarlierCommit_ReadsItsRowsOnly()
    {
        var store = Open();
        await store.IngestAsync(Rows(1, 5));
        await store.IngestAsync(Rows(2, 3));

        var view = Reading.View<IngestedRow>(store);
        Assert.Equal(0, view.GetSnapshot(0).RowCount);
        Assert.Equal(5, view.GetSnapshot(1).RowCount);
        Assert.Equal(8, view.GetSnapshot().RowCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => view.GetSnapshot(3));
    }

    [Fact]
    public async Task OpenOffline_FilesOfNoCommit_AreInvisibleAndRemovedAfterTheGraceTime()
    {
        var store = Open();
        await store.IngestAsync(Rows(1, 5));
        var committed = AllFiles();
        var folder = Path.GetDirectoryName(committed.Single(f => f.EndsWith(".parquet", StringComparison.Ordinal)))!;
        var orphan = Path.Combine(folder, $"{Guid.NewGuid():D}.parquet");
        File.Copy(committed.Single(f => f.EndsWith(".parquet", StringComparison.Ordinal)), orphan);
        File.SetLastWriteTimeUtc(orphan, Noon.UtcDateTime);
        foreach (var file in committed)
        {
            File.SetLastWriteTimeUtc(file, Noon.UtcDateTime.AddDays(-30));
        }

        Assert.Equal(5, Reading.Column<long>(Open(), View, "batch").Count);
        Assert.True(File.Exists(orphan));

        _time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromTicks(1));
        FeatureStore.Open(_temp.FullName, Catalog(), MlPlatformMode.Reader, time: _time);
        Assert.True(File.Exists(orphan));
        Open();
        Assert.Equal(committed, AllFiles());
    }

    [Fact]
    public void OpenOffline_ScratchOfAKilledJoin_IsRemovedAndOnlyThat()
    {
        var scratch = Directory.CreateDirectory(_temp.Combine("features", "tmp", "duckdb-1")).FullName;
        File.WriteAllText(Path.Combine(scratch, "block"), "x");
        File.WriteAllText(_temp.Combine("features", "tmp", "rows-1.tmp"), "x");
        File.WriteAllText(_temp.Combine("features", "tmp", "mine.txt"), "x");
        foreach (var entry in Directory.GetFileSystemEntries(_temp.Combine("features", "tmp")))
        {
            File.SetLastWriteTimeUtc(entry, Noon.UtcDateTime);
        }

        Open();
        Assert.Equal(3, Directory.GetFileSystemEntries(_temp.Combine("features", "tmp")).Length);
        _time.Advance(TimeSpan.FromDays(2));
        Open();
        Assert.Equal([_temp.Combine("features", "tmp", "mine.txt")], Directory.GetFileSystemEntries(_temp.Combine("features", "tmp")));
    }

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
    public async Task IngestAsync_DataFile_SaysWhatItIs()
    {
        var store = Open();
        await store.IngestAsync(Rows(1, 5));
        var view = Reading.View<IngestedRow>(store).Definition;
        using var session = store.Offline.OpenSession();
        var data = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));

        var facts = session.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{data}') WHERE decode(key) LIKE 'mlp_%'").ToDictionary(r => (string)r[0]!, r => (string)r[1]!);
        var columns = session.Query($"SELECT name, field_id FROM parquet_schema('{data}') WHERE field_id IS NOT NULL ORDER BY field_id");

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["mlp_format"] = "mlp-offline-data",
                ["mlp_format_version"] = "1",
                ["mlp_view"] = view.Name,
                ["mlp_view_version"] = "1",
                ["mlp_fingerprint"] = view.Fingerprint,
            },
            facts);
        Assert.Equal(OfflineView.Columns(view).Select((c, i) => (c.Name, i + 1L)), columns.Select(r => ((string)r[0]!, Convert.ToInt64(r[1], System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("mlp_format_version: '1'", "mlp_format_version: '3'", typeof(UnsupportedFormatVersionException), "newer version")]
    [InlineData("mlp_format_version: '1'", "mlp_format_version: 'x'", typeof(CorruptFileException), "another kind of file")]
    [InlineData("mlp_format: 'mlp-offline-data'", "mlp_format: 'mlp-else'", typeof(CorruptFileException), "another kind of file")]
    [InlineData("mlp_view: 'ingested'", "mlp_view: 'another'", typeof(CorruptFileException), "\"mlp_view\": \"ingested\"")]
    [InlineData("mlp_fingerprint: '", "mlp_fingerprint: '0", typeof(CorruptFileException), "mlp_fingerprint")]
    public async Task CreateTrainingSetAsync_DataFileOfAnotherKind_IsASentence(string good, string bad, Type expected, string reason)
    {
        await Open().IngestAsync(Rows(1, 5));
        var data = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));
        var store = Open();
        var snapshot = Reading.View<IngestedRow>(store).GetSnapshot();
        using var session = store.Offline.OpenSession();
        var options = OfflineFileFormat.CopyOptions(snapshot.View);
        Assert.Contains(good, options, StringComparison.Ordinal);
        session.Execute($"CREATE TEMP TABLE kept AS SELECT * FROM {snapshot.Relation()}");
        session.Execute($"COPY kept TO '{data}' ({options.Replace(good, bad, StringComparison.Ordinal)})");

        var error = Assert.Throws(expected, () => snapshot.RequireReadable(session));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(data, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"formatVersion\": 1", "\"formatVersion\": 3", typeof(UnsupportedFormatVersionException))]
    [InlineData("mlp-offline-commit", "mlp-something", typeof(CorruptFileException))]
    [InlineData("\"fingerprint\": \"", "\"fingerprint\": \"0", typeof(CorruptFileException))]
    [InlineData("\"number\": 1", "\"number\": 2", typeof(CorruptFileException))]
    [InlineData("{", "", typeof(CorruptFileException))]
    public async Task GetSnapshot_ChangedCommit_IsRefused(string from, string to, Type expected)
    {
        await Open().IngestAsync(Rows(1, 5));
        var path = AllFiles().Single(f => f.EndsWith("1.json", StringComparison.Ordinal) && f.Contains("commits", StringComparison.Ordinal));
        var text = File.ReadAllText(path);
        var at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + to + text[(at + from.Length)..]);

        Assert.IsType(expected, Assert.ThrowsAny<MlPlatformException>(() => Reading.View<IngestedRow>(new FeatureStore(new DataDirectory(_temp.FullName, MlPlatformMode.Reader), Catalog())).GetSnapshot()));
    }

    [Fact]
    public async Task IngestAsync_TwoStoresAtOnce_LoseNothingAndNumberWithoutGaps()
    {
        const int batches = 8;
        var stores = new[] { Open(), FeatureStore.Open(_temp.FullName, Catalog(), MlPlatformMode.Reader, time: _time) };
        var results = await Task.WhenAll(Enumerable.Range(0, batches).Select(i => Task.Run(() => stores[i % 2].IngestAsync(Rows(i, 20), $"batch-{i}"))));

        Assert.Equal(Enumerable.Range(1, batches).Select(i => (long)i), results.Select(r => r.Commit).Order());
        var sequences = Reading.Column<long>(stores[0], View, FeatureViewDefinition.StoredSequence);
        Assert.Equal(batches * 20, sequences.Distinct().Count());
        var found = Reading.Column<long>(stores[0], View, "batch");
        Assert.All(found.Chunk(20), chunk => Assert.Single(chunk.Distinct()));
        Assert.Equal(batches * 20, AllFiles().Where(f => f.EndsWith(".parquet", StringComparison.Ordinal)).Count() * 20);

        // Order of commits is order of sequences.
        var byCommit = results.OrderBy(r => r.Commit).Select(r => r.FirstSequence).ToList();
        Assert.Equal(byCommit.Order(), byCommit);
    }

    [Fact]
    public async Task IngestAsync_SameBatchInTwoStoresAtOnce_IsTakenInOnce()
    {
        var stores = new[] { Open(), FeatureStore.Open(_temp.FullName, Catalog(), MlPlatformMode.Reader, time: _time) };
        var results = await Task.WhenAll(stores.Select(s => Task.Run(() => s.IngestAsync(Rows(1, 20), "the batch"))));

        Assert.Single(results, r => !r.IsRepeated);
        Assert.Equal(20, Reading.Column<long>(stores[0], View, "batch").Count);
        Assert.Single(AllFiles(), f => f.EndsWith(".parquet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task GetSnapshot_BitRottenInADataFile_IsNamedBeforeItIsRead()
    {
        var catalog = Serviced();
        await FeatureStore.Open(_temp.FullName, catalog, time: _time).IngestAsync(Rows(1, 1000), "one");
        var file = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(file);
        foreach (var position in new[] { 4, bytes.Length / 3, bytes.Length / 2, bytes.Length - 100 })
        {
            var damaged = (byte[])bytes.Clone();
            damaged[position] ^= 1;
            File.WriteAllBytes(file, damaged);
            var store = FeatureStore.Open(_temp.FullName, catalog, time: _time);

            var error = await Assert.ThrowsAsync<CorruptFileException>(() => store.CreateTrainingSetAsync("ingested-service", Questions(), "at"));

            Assert.Equal(file, error.Path);
            if (position != bytes.Length / 2)
            {
                continue;
            }

            Assert.Equal($"Expected the file '{file}' of feature view 'ingested' version 1 to hold what was committed, but its hash is another one: it is damaged. Restore it, or ingest its rows into a new store.", error.Message);
        }

        File.WriteAllBytes(file, bytes);
        var mended = FeatureStore.Open(_temp.FullName, catalog, time: _time);
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
        await FeatureStore.Open(_temp.FullName, catalog, time: _time).IngestAsync(Rows(1, 5000), "one");
        var commit = AllFiles().Single(f => f.EndsWith("1.json", StringComparison.Ordinal));
        var lines = File.ReadAllLines(commit).Where(l => !l.Contains("xxHash128", StringComparison.Ordinal) && !l.Contains("checksum", StringComparison.Ordinal)).ToList();
        File.WriteAllText(commit, string.Join('\n', lines).Replace(",\n      }", "\n      }", StringComparison.Ordinal).Replace("},\n}", "}\n}", StringComparison.Ordinal));
        var file = AllFiles().Single(f => f.EndsWith(".parquet", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(file);
        bytes.AsSpan(4, bytes.Length / 2).Fill(0x5A);
        File.WriteAllBytes(file, bytes);

        var error = await Assert.ThrowsAsync<CorruptFileException>(
            () => FeatureStore.Open(_temp.FullName, catalog, time: _time).CreateTrainingSetAsync("ingested-service", Questions(), "at"));

        Assert.Equal(file, error.Path);
        Assert.Contains("cannot be read: it is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenOffline_CommitMissingInTheMiddle_IsRefusedNamingIt()
    {
        var store = Open();
        for (var batch = 1; batch <= 5; batch++)
        {
            await store.IngestAsync(Rows(batch, 2), $"batch-{batch}");
        }

        var missing = AllFiles().Single(f => f.EndsWith("3.json", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(missing);
        File.Delete(missing);
        var expected = $"Expected the commits of feature view 'ingested' version 1 to be numbered without a gap up to 5, but '{missing}' is missing. Restore the file.";

        Assert.Equal(expected, Assert.Throws<CorruptFileException>(Open).Message);
        var reader = FeatureStore.Open(_temp.FullName, Catalog(), MlPlatformMode.Reader, time: _time);
        Assert.Equal(expected, (await Assert.ThrowsAsync<CorruptFileException>(() => reader.IngestAsync(Rows(9, 1)))).Message);
        Assert.False(File.Exists(missing));

        File.WriteAllBytes(missing, bytes);
        Assert.Equal(10, Reading.Column<long>(Open(), View, "batch").Count);
    }

    [Fact]
    public async Task OpenOffline_CommitChangedByHand_IsRefusedUnlessItsChecksumIsTakenAway()
    {
        await Open().IngestAsync(Rows(1, 2), "monday");
        var path = AllFiles().Single(f => f.EndsWith("1.json", StringComparison.Ordinal));
        var text = File.ReadAllText(path);
        var changed = text.Replace("monday", "sunday", StringComparison.Ordinal);
        File.WriteAllText(path, changed);

        var error = Assert.Throws<CorruptFileException>(Open);

        Assert.Equal($"Expected '{path}' to hold what was written, but its content has another checksum than it says: it is damaged, or was changed by hand.", error.Message);
        File.WriteAllText(path, changed[..changed.IndexOf(",\n  \"checksum\"", StringComparison.Ordinal)] + "\n}");
        Assert.True((await Open().IngestAsync(Rows(1, 2), "sunday")).IsRepeated);
    }

    [Fact]
    public async Task IngestAsync_NullAmongTheRecordsOrAnEmptyBatchId_IsRefusedAndCommitsNothing()
    {
        var store = Open();

        var record = await Assert.ThrowsAsync<ArgumentException>(() => store.IngestAsync([.. Rows(1, 2), null!]));
        var name = await Assert.ThrowsAsync<ArgumentException>(() => store.IngestAsync(Rows(1, 2), " "));
        var time = await Assert.ThrowsAsync<IngestException>(() => store.IngestAsync([new IngestedRow(1, default, 1, "x")]));

        Assert.StartsWith("Expected a record at index 2 of the records for feature view 'ingested' version 1, but found null.", record.Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected the batch id to name the batch", name.Message, StringComparison.Ordinal);
        Assert.EndsWith("to hold a time that was set for feature view 'ingested' version 1, but found the default of its type (0001-01-01) in row 1.", time.Message, StringComparison.Ordinal);
        Assert.Null(Reading.View<IngestedRow>(store).LastCommit());
    }

    [Fact]
    public async Task CreateTrainingSetAsync_NullAmongTheRows_NamesTheIndex()
    {
        var store = FeatureStore.Open(_temp.FullName, Serviced(), time: _time);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.CreateTrainingSetAsync("ingested-service", [new Question(1, Noon), null!], "at"));

        Assert.StartsWith("Expected a record at index 1 of the rows for the training set, but found null.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestCsvAsync_Folder_SaysThatItIsOne()
        => Assert.Equal(
            $"Expected a file to ingest at '{_temp.FullName}', but it is a folder.",
            (await Assert.ThrowsAsync<IngestException>(() => Open().IngestCsvAsync("ingested", _temp.FullName))).Message);

    [LinuxFact]
    public async Task IngestAsync_PowerLossAfterAcknowledgement_LosesNothing()
    {
        var root = Directory.CreateDirectory(_temp.Combine("live")).FullName;
        using var disk = new UnsyncedLossDisk(root);
        var store = new FeatureStore(new DataDirectory(root, MlPlatformMode.Owner), Catalog(), null, _time, null, disk);
        store.OpenOffline();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            await store.IngestAsync(Rows(round, 3), $"batch-{round}");
            var after = FeatureStore.Open(disk.Crash(_temp.Combine($"crash-{round}")), Catalog(), time: _time);
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
            var root = Directory.CreateDirectory(_temp.Combine($"live-{failing}")).FullName;
            using var watched = new UnsyncedLossDisk(root);
            var disk = new CuttingDisk(watched);
            var store = new FeatureStore(new DataDirectory(root, MlPlatformMode.Owner), Catalog(), null, _time, null, disk);
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

            var after = FeatureStore.Open(watched.Crash(_temp.Combine($"crash-{failing}")), Catalog(), time: _time);
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
        var reader = FeatureStore.Open(_temp.FullName, catalog);
        var next = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("ingest", _temp.FullName, $"{next}", "1");
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

            var found = Reading.Column<long>(FeatureStore.Open(_temp.FullName, catalog), View, "batch");
            Assert.All(found.CountBy(b => b), b => Assert.Equal(10, b.Value));
            var batches = found.Distinct().Select(b => (int)b).Order().ToList();
            Assert.True(batches.SequenceEqual(Enumerable.Range(0, next)) || batches.SequenceEqual(Enumerable.Range(0, next + 1)), $"{next} acknowledged, found {string.Join(", ", batches)}.");
        }

        using var set = await reader.CreateTrainingSetAsync("ingested-service", Enumerable.Range(0, 10).Select(i => new Question(i, DateTimeOffset.UnixEpoch.AddYears(50))), "at");
        Assert.Equal(10, set.Manifest.RowCount);

        static int Number(string line) => int.Parse(line.AsSpan("ack ".Length), System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose() => _temp.Dispose();

    private static FeatureCatalog Serviced() => new FeaturesBuilder().Add<IngestedRow>().AddService("ingested-service", 1, s => s.From<IngestedRow>()).Build();

    private static IEnumerable<Question> Questions() => Enumerable.Range(0, 10).Select(i => new Question(i, Noon.AddYears(1)));

    private static FeatureCatalog Catalog() => new FeaturesBuilder().Add<IngestedRow>().Build();

    private static IEnumerable<IngestedRow> Rows(int batch, int count) => Enumerable.Range(0, count).Select(i => new IngestedRow(i, Noon.AddMinutes(i), batch, "text"));

    private FeatureStore Open() => FeatureStore.Open(_temp.FullName, Catalog(), time: _time);

    private List<string> AllFiles() => [.. Directory.EnumerateFiles(Path.Combine(_temp.FullName, "features", "offline"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private sealed record Question(long Id, DateTimeOffset At);
}
