using Microsoft.Extensions.Time.Testing;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Offline;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Tests.Offline;

public sealed class OfflineStoreTests : OfflineStoreFolder
{
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
        var later = new FeatureStore(new DataDirectory(Temp.FullName, MlPlatformMode.Reader), Catalog(), time: new FakeTimeProvider(Noon.AddDays(-1)));
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
        var store = FeatureStore.Open(Temp.FullName, Catalog(), options: options, time: Time);
        int[] hours = [49, 1, 2, 30, 25, 73, 3];
        var day = new DateTimeOffset(Noon.Date, TimeSpan.Zero);
        await store.IngestAsync(hours.Select(h => new IngestedRow(h, day.AddHours(h), h, "x")));

        var commit = Reading.View<IngestedRow>(store).LastCommit()!;
        Assert.Equal(7, commit.RowCount);
        Assert.Equal(
            [("2026-03-01", 3L, Hours(1), Hours(3)), ("2026-03-02", 3L, Hours(25), Hours(49)), ("2026-03-04", 1L, Hours(73), Hours(73))],
            commit.Added.Select(f => (f.Path.Split('/')[1], f.RowCount, f.MinEventTime, f.MaxEventTime)));
        Assert.Equal(hours.Select(h => (long)h), Reading.Column<long>(store, View, "batch"));

        long Hours(int hours) => Microseconds.FromFeatureTime(day.AddHours(hours));
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

        Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromTicks(1));
        FeatureStore.Open(Temp.FullName, Catalog(), MlPlatformMode.Reader, time: Time);
        Assert.True(File.Exists(orphan));
        Open();
        Assert.Equal(committed, AllFiles());
    }

    [Fact]
    public void OpenOffline_ScratchOfAKilledJoin_IsRemovedAndOnlyThat()
    {
        var scratch = Directory.CreateDirectory(Temp.Combine("features", "tmp", "duckdb-1")).FullName;
        File.WriteAllText(Path.Combine(scratch, "block"), "x");
        File.WriteAllText(Temp.Combine("features", "tmp", "rows-1.tmp"), "x");
        File.WriteAllText(Temp.Combine("features", "tmp", "mine.txt"), "x");
        foreach (var entry in Directory.GetFileSystemEntries(Temp.Combine("features", "tmp")))
        {
            File.SetLastWriteTimeUtc(entry, Noon.UtcDateTime);
        }

        Open();
        Assert.Equal(3, Directory.GetFileSystemEntries(Temp.Combine("features", "tmp")).Length);
        Time.Advance(TimeSpan.FromDays(2));
        Open();
        Assert.Equal([Temp.Combine("features", "tmp", "mine.txt")], Directory.GetFileSystemEntries(Temp.Combine("features", "tmp")));
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

        Assert.IsType(expected, Assert.ThrowsAny<MlPlatformException>(() => Reading.View<IngestedRow>(new FeatureStore(new DataDirectory(Temp.FullName, MlPlatformMode.Reader), Catalog())).GetSnapshot()));
    }

    [Fact]
    public async Task IngestAsync_TwoStoresAtOnce_LoseNothingAndNumberWithoutGaps()
    {
        const int batches = 8;
        var stores = new[] { Open(), FeatureStore.Open(Temp.FullName, Catalog(), MlPlatformMode.Reader, time: Time) };
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
        var stores = new[] { Open(), FeatureStore.Open(Temp.FullName, Catalog(), MlPlatformMode.Reader, time: Time) };
        var results = await Task.WhenAll(stores.Select(s => Task.Run(() => s.IngestAsync(Rows(1, 20), "the batch"))));

        Assert.Single(results, r => !r.IsRepeated);
        Assert.Equal(20, Reading.Column<long>(stores[0], View, "batch").Count);
        Assert.Single(AllFiles(), f => f.EndsWith(".parquet", StringComparison.Ordinal));
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
        var reader = FeatureStore.Open(Temp.FullName, Catalog(), MlPlatformMode.Reader, time: Time);
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
        var store = FeatureStore.Open(Temp.FullName, Serviced(), time: Time);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.CreateTrainingSetAsync("ingested-service", [new Question(1, Noon), null!], "at"));

        Assert.StartsWith("Expected a record at index 1 of the rows for the training set, but found null.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IngestCsvAsync_Folder_SaysThatItIsOne()
        => Assert.Equal(
            $"Expected a file to ingest at '{Temp.FullName}', but it is a folder.",
            (await Assert.ThrowsAsync<IngestException>(() => Open().IngestCsvAsync("ingested", Temp.FullName))).Message);
}
