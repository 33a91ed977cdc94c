using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Monitoring.Sampling;
using Mlp.Runtime;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Profiles;

public sealed class LiveProfileTests : IDisposable
{
    private static readonly DateTimeOffset Noon = ProfileHarness.Noon;

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Get_WhatWasLogged_IsTheProfileOfItsRows()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        log.Record(log.Attach(), Noon, 500);
        var profile = await log.GetAsync();
        var rows = new PredictionLogReader(Path.Combine(_folder.FullName, "predictions"));
        var expected = new DataProfileBuilder();
        await foreach (var batch in rows.ReadAsync("tips"))
        {
            var columns = ProfileColumns.Of(batch);
            expected.Add(columns.Features, columns.Score, batch.Length, default, columns.Times);
        }

        Assert.Equal(expected.Build().ToBytes(), profile.ToBytes());
        Assert.Equal((500, Noon, Noon), (profile.RowCount, profile.From, profile.To));
        Assert.Equal(TestModels.MixedLayout.Columns.Select(c => c.Name), profile.Columns.Select(c => c.Name));

        // The feature called score is not the score of the model.
        Assert.Equal((ProfileColumnType.Float32, ProfileColumnType.Float64, 0.495), (profile.Find("score")!.Type, profile.Score!.Type, Math.Round(profile.Score.Mean, 9)));
    }

    // Sketches of ranks know no weights: a prediction counts as one.
    [Fact]
    public async Task Get_QuantilesByRank_AreKeptAndMergedUnlessTheyWereKeptOtherwise()
    {
        await using (var log = new ProfileHarness(_folder.FullName, quantileSketch: QuantileSketchKind.Kll))
        {
            var sink = log.Attach();
            log.Record(sink, Noon, 100);
            log.Record(sink, Noon.AddHours(1), 50, weight: 3);
            var profile = await log.GetAsync();
            Assert.Equal((150, 150), (profile.RowCount, profile.EffectiveRowCount));
            Assert.NotNull(profile.Score!.Ranks);

            // 0 to 0.99 once, and the lower half of them again.
            Assert.Equal(0.37, profile.Score.GetQuantile(0.5));
            log.Live.Save();
        }

        await using var other = new ProfileHarness(_folder.FullName);
        other.Record(other.Attach(), Noon.AddHours(2), 100);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => other.GetAsync());
        Assert.Contains("Expected the profiles of model 'tips' version 1 to be of one kind", error.Message, StringComparison.Ordinal);
        Assert.Equal(100, (await other.GetAsync(from: Noon.AddHours(2))).RowCount);
    }

    [Fact]
    public async Task Get_AnyTime_MergesThePanesThatReachIntoIt()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        var sink = log.Attach();
        foreach (var hour in Enumerable.Range(0, 6))
        {
            // One batch holds rows of two panes.
            log.Record(sink, Noon.AddHours(hour).AddMinutes(59), 10);
            log.Record(sink, Noon.AddHours(hour + 1).AddMinutes(1), 1);
        }

        Assert.Equal(66, (await log.GetAsync()).RowCount);
        Assert.Equal(10, (await log.GetAsync(to: Noon.AddHours(1))).RowCount);
        Assert.Equal(22, (await log.GetAsync(Noon.AddHours(1), Noon.AddHours(3))).RowCount);
        Assert.Equal(12, (await log.GetAsync(Noon.AddHours(5).AddMinutes(30))).RowCount);
        Assert.Equal((Noon.AddHours(5).AddMinutes(1), Noon.AddHours(6).AddMinutes(1)), (await log.GetAsync(Noon.AddHours(5))) is { } last ? (last.From, last.To) : default);
        Assert.Null(await log.FindAsync(Noon.AddDays(1)));
        Assert.Null(await log.FindAsync(version: 7));
    }

    [Fact]
    public async Task Get_VariantsAndVersions_AreKeptApart()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        var (champion, shadow, next) = (log.Attach(), log.Attach("shadow/ä"), log.Attach(version: 2));
        for (var i = 0; i < 5; i++)
        {
            log.Record(champion, Noon, 3);
            log.Record(shadow, Noon, 2);
            log.Record(next, Noon, 1);
        }

        Assert.Equal((15, 10, 25), ((await log.GetAsync(variant: "champion", version: 1)).RowCount, (await log.GetAsync(variant: "shadow/ä", version: 1)).RowCount, (await log.GetAsync(version: 1)).RowCount));
        Assert.Equal(5, (await log.GetAsync()).RowCount);
        await log.DisposeAsync();
        await using var again = new ProfileHarness(_folder.FullName);
        Assert.Equal((15, 10, 5), ((await again.GetAsync(variant: "champion", version: 1)).RowCount, (await again.GetAsync(variant: "shadow/ä", version: 1)).RowCount, (await again.GetAsync()).RowCount));
    }

    [Fact]
    public async Task Get_SampledLog_CountsAllTraffic()
    {
        var sampling = new Dictionary<string, SamplingConfiguration> { ["tips"] = SamplingConfiguration.From(new SamplingOptions { Rate = 0.1 }) };
        await using var log = new ProfileHarness(_folder.FullName, log: PredictionLogConfiguration.Default with { Sampling = sampling });
        log.Record(log.Attach(), Noon, 2_000);
        var profile = await log.GetAsync();
        var written = 0;
        await foreach (var batch in new PredictionLogReader(Path.Combine(_folder.FullName, "predictions")).ReadAsync("tips"))
        {
            written += batch.Length;
        }

        Assert.InRange(written, 100, 300);
        Assert.Equal((2_000, 2_000), (profile.RowCount, profile.Weight));
        Assert.Equal(0.495, profile.Score!.Mean, 9);
    }

    [Fact]
    public async Task Get_RowsWithWeightsOfTheirOwn_CountWithThem()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        var sink = log.Attach();
        log.Record(sink, Noon, 10, weight: 4);
        log.Record(sink, Noon, 10);
        log.Record(sink, Noon, 5, outcome: PredictionOutcome.Error);
        var profile = await log.GetAsync();

        Assert.Equal((20, 50, 2_500 / 170.0), (profile.RowCount, profile.Weight, profile.EffectiveRowCount));
        Assert.Equal(((4 * 0.45) + 1.45) / 50, profile.Score!.Mean, 9);
    }

    [Fact]
    public async Task Get_IntegersThatAreCodesInTheReference_AreCategories()
    {
        var reference = new ReferenceProfileBuilder().AddCategorical("trips", new long[] { 1, 2, 3 }).Build();
        await using var log = new ProfileHarness(_folder.FullName, reference: reference);
        log.Record(log.Attach(), Noon, 50);
        var profile = await log.GetAsync();

        Assert.True(profile.Find("trips")!.IsCategorical);
        Assert.NotEmpty(profile.Find("trips")!.FrequentItems);
        Assert.False(profile.Find("fare")!.IsCategorical);
    }

    [Fact]
    public async Task OnBatch_AfterTheSaveInterval_IsInTheFile()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        log.Record(log.Attach(), Noon, 10);
        await log.FlushAsync();
        Assert.Empty(ProfileFile.List(Path.Combine(_folder.FullName, "predictions"), "tips"));
        log.Clock.Advance(TimeSpan.FromMinutes(5));

        var file = Assert.Single(ProfileFile.List(Path.Combine(_folder.FullName, "predictions"), "tips"));
        Assert.Equal((1, "champion", TimeSpan.FromHours(1)), (file.Version, file.Variant, TimeSpan.FromMicroseconds(file.End - file.Start)));
        Assert.Equal(10, DataProfile.Load(file.Path).RowCount);
        Assert.Equal(10, (await log.GetAsync()).RowCount);
    }

    [Fact]
    public async Task Save_PaneThatIsOver_GoesOutOfMemoryAndStaysInItsFile()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        var sink = log.Attach();
        log.Record(sink, Noon, 10);
        log.Record(sink, Noon.AddHours(1), 20);
        await log.FlushAsync();
        log.Clock.Advance(TimeSpan.FromMinutes(66));

        Assert.Equal(20, Assert.Single(log.Live.Panes).Profile.RowCount);
        Assert.Equal(30, (await log.GetAsync()).RowCount);

        // Rows that come late have a pane of their own name again, which must not hide the first one.
        log.Record(sink, Noon, 5);
        Assert.Equal(35, (await log.GetAsync()).RowCount);
        log.Live.Save();
        Assert.Equal(35, (await log.GetAsync()).RowCount);
    }

    [LinuxFact]
    public async Task Save_ThenPowerLoss_KeepsWhatWasSaved()
    {
        var root = Directory.CreateDirectory(_folder.Combine("data")).FullName;
        using var disk = new UnsyncedLossDisk(root);
        await using var log = new ProfileHarness(root, disk, logDisk: disk);
        var sink = log.Attach();
        log.Record(sink, Noon, 10);
        await log.FlushAsync();
        log.Live.Save();
        log.Record(sink, Noon, 10);
        await log.FlushAsync();
        var found = _folder.Combine("found");
        disk.Crash(found);

        await using var again = new ProfileHarness(found);
        Assert.Equal(10, (await again.GetAsync()).RowCount);
        again.Record(again.Attach(), Noon, 7);
        Assert.Equal(17, (await again.GetAsync()).RowCount);
    }

    [Fact]
    public async Task Save_DiskThatRefuses_KeepsThePaneForTheNextTime()
    {
        var disk = new RecordingDiskSync { OnSync = (_, _) => throw new IOException("No space left on device.") };
        await using var log = new ProfileHarness(_folder.FullName, disk);
        log.Record(log.Attach(), Noon, 10);
        await log.FlushAsync();
        log.Clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal(10, Assert.Single(log.Live.Panes).Profile.RowCount);
        disk.OnSync = null;
        log.Live.Save();
        Assert.Empty(log.Live.Panes);
        Assert.Equal(10, (await log.GetAsync()).RowCount);
    }

    [Fact]
    public async Task OnBatch_MorePanesThanThereIsRoomFor_GivesUpTheOldest()
    {
        var disk = new RecordingDiskSync { OnSync = (_, _) => throw new IOException("No space left on device.") };
        await using var log = new ProfileHarness(_folder.FullName, disk);
        var sink = log.Attach();
        for (var hour = 0; hour < 65; hour++)
        {
            log.Record(sink, Noon.AddHours(hour), 1);
        }

        await log.FlushAsync();

        Assert.Equal(Enumerable.Range(1, 64).Select(hour => Noon.AddHours(hour)), log.Live.Panes.Select(pane => DateTimeOffset.FromUnixTimeMilliseconds(pane.File.Start / 1000)).Order());
        Assert.Contains(log.Logger.Lines, line => line.Message.Contains("The profile of 1 predictions of model tips version 1 is given up", StringComparison.Ordinal));
        disk.OnSync = null;
    }

    [Fact]
    public async Task Get_DamagedFile_SaysWhich()
    {
        await using (var log = new ProfileHarness(_folder.FullName))
        {
            log.Record(log.Attach(), Noon, 10);
        }

        var file = Assert.Single(ProfileFile.List(Path.Combine(_folder.FullName, "predictions"), "tips"));
        var bytes = File.ReadAllBytes(file.Path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file.Path, bytes);
        await using var again = new ProfileHarness(_folder.FullName);

        Assert.Equal(file.Path, (await Assert.ThrowsAsync<CorruptFileException>(() => again.GetAsync())).Path);
    }
}
