using Apache.Arrow;
using Apache.Arrow.Arrays;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Labels;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Labels;

public sealed class LabelStoreTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly EntityValue[] Key = ["Flash Cab", 8];

    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RecordAsync_ConcurrentCallersAndWriters_EverythingReadsBack()
    {
        using var one = Store();
        using var other = Store();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => (i % 3 == 0 ? other : one).RecordAsync(new[] { Known(i, i % 2) }, default).AsTask())));

        var seen = new Dictionary<PredictionId, double>();
        await foreach (var batch in one.ReadAsync())
        {
            for (var i = 0; i < batch.Length; i++)
            {
                seen.Add(PredictionId.Read(((FixedSizeBinaryArray)batch.Column("prediction_id")).GetBytes(i)), ((DoubleArray)batch.Column("value")).GetValue(i)!.Value);
                Assert.Equal(Noon.ToUnixTimeMilliseconds() * 1000, ((TimestampArray)batch.Column("recorded_time")).GetValue(i));
            }
        }

        Assert.Equal(200, seen.Count);
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal(i % 2, seen[TestModels.Id(i)]));
        Assert.Equal(2, Directory.GetFiles(_folder.Combine("labels")).Length);
        Assert.Equal(200, one.RecordedCount + other.RecordedCount);
    }

    [Fact]
    public async Task RecordAsync_Corrections_LastObservedThenLastRecordedWins()
    {
        using var one = Store();
        using var other = Store();
        var index = new LabelIndex(one, 100);
        await one.RecordAsync(new[] { Known(1, 0, minutes: 10), Known(2, 0, minutes: 10), Known(3, 0, minutes: 10) }, default);
        index.Refresh(default);
        _time.Advance(TimeSpan.FromHours(1));
        await other.RecordAsync(new[] { Known(1, 1, minutes: 5), Known(2, 1, minutes: 20), Known(3, 1, minutes: 10) }, default);
        await one.RecordAsync(new[] { Known(4, 1), Known(4, 0) }, default);
        index.Refresh(default);

        var late = new LabelIndex(other, 100);
        late.Refresh(default);
        Assert.Equal([0.0, 1.0, 1.0, 0.0], Values(index));
        Assert.Equal([0.0, 1.0, 1.0, 0.0], Values(late));
    }

    [Fact]
    public async Task Refresh_MoreThanTheMaximum_ForgetsThoseLabelledFirst()
    {
        using var store = Store();
        var index = new LabelIndex(store, 10);
        await store.RecordAsync(Enumerable.Range(0, 25).Select(i => Known(i, 1)).ToArray(), default);
        index.Refresh(default);

        Assert.Equal(10, index.Count);
        Assert.False(TryGet(index, 14, out _));
        Assert.True(TryGet(index, 15, out _));
    }

    [Fact]
    public async Task RecordAsync_LargeSegments_BeginAnother()
    {
        using var store = new LabelStore(new DataDirectory(_folder.FullName, MlPlatformMode.Reader), DiskSync.Instance, _time, NullLogger<LabelStore>.Instance, maximumSegmentByteCount: 4096);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => store.RecordAsync(new[] { Known(i, 1) }, default).AsTask())));

        Assert.InRange(Directory.GetFiles(_folder.Combine("labels")).Length, 5, 60);
        var index = new LabelIndex(store, 1000);
        index.Refresh(default);
        Assert.Equal(100, index.Count);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task RecordAsync_NotANumber_IsRefusedAndNothingWritten(double value)
    {
        using var store = Store();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.RecordAsync(new[] { Known(1, 0), Label.ForPrediction(TestModels.Id(2), value, Noon) }, default).AsTask());

        Assert.Contains("index 1", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Combine("labels")));
    }

    [Fact]
    public async Task RecordAsync_DiskRefusesThenTakes_ThrowsAndGoesOnInANewSegment()
    {
        var disk = new RecordingDiskSync();
        using var store = new LabelStore(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), disk, _time, NullLogger<LabelStore>.Instance);
        await store.RecordAsync(new[] { Known(1, 1) }, default);
        disk.OnSync = (_, _) => throw new IOException("No space left on device.");

        await Assert.ThrowsAsync<LogWriteException>(() => store.RecordAsync(new[] { Known(2, 1) }, default).AsTask());
        Assert.Equal(HealthStatus.Unhealthy, store.CheckHealth().Status);
        disk.OnSync = null;
        await store.RecordAsync(new[] { Known(3, 1) }, default);

        Assert.Equal(HealthStatus.Healthy, store.CheckHealth().Status);
        var index = new LabelIndex(store, 10);
        index.Refresh(default);
        Assert.Equal([true, false, true], Enumerable.Range(1, 3).Select(i => TryGet(index, i, out _)));
    }

    [Fact]
    public async Task RecordAsync_Closed_Throws()
    {
        var store = Store();
        await store.CloseAsync(default);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RecordAsync(new[] { Known(1, 1) }, default).AsTask());
    }

    [LinuxFact]
    public async Task RecordAsync_PowerCut_KeepsEverythingAcknowledged()
    {
        using var disk = new UnsyncedLossDisk(_folder.FullName);
        using var after = new TempDirectory();
        using var store = new LabelStore(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), disk, _time, NullLogger<LabelStore>.Instance);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            await store.RecordAsync(new[] { Known(round, 1) }, default);
            var survived = disk.Crash(after.Combine($"round{round}"));
            using var reopened = new LabelStore(new DataDirectory(survived, MlPlatformMode.Owner), DiskSync.Instance, _time, NullLogger<LabelStore>.Instance);
            var index = new LabelIndex(reopened, 1000);
            index.Refresh(default);
            Assert.Equal(round + 1, index.Count);
        }
    }

    [Fact]
    public void Refresh_NewerFormat_IsRefused()
    {
        Directory.CreateDirectory(_folder.Combine("labels"));
        using (FrameLogWriter.Create(DiskSync.Instance, _folder.Combine("labels", "1.mlplog"), """{"format":"mlp-labels","formatVersion":9,"createdAt":17}"""u8))
        {
        }

        using var store = Store();
        var error = Assert.Throws<UnsupportedFormatVersionException>(() => new LabelIndex(store, 10).Refresh(default));
        Assert.Equal((9, 1), (error.Found, error.Supported));
    }

    [Fact]
    public void Refresh_CommittedFixture_StillReads()
    {
        Directory.CreateDirectory(_folder.Combine("labels"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "labels-v1.mlplog"), _folder.Combine("labels", "1.mlplog"));
        using var store = Store();
        var index = new LabelIndex(store, 10);
        index.Refresh(default);

        AssertFixture(index);
    }

    [Fact]
    public async Task Fixture_WrittenToday_HasTheSameRows()
    {
        using (var store = Store())
        {
            await store.RecordAsync(new[] { Known(1, 1, minutes: 1), Label.ForPrediction(TestModels.Id(2), true, Noon), Label.ForPrediction(TestModels.Id(3), 2.5, Noon) }, default);
            await store.RecordAsync(new[] { Known(1, 0, minutes: 2) }, default);
            await store.RecordAsync(new[] { Known(4, 1), Known(4, null, minutes: 1), Known(4, 7) with { Name = "tip_30d" }, OfEntity(9) }, default);
        }

        var written = Assert.Single(Directory.GetFiles(_folder.Combine("labels")));
        if (Environment.GetEnvironmentVariable("MLP_WRITE_FIXTURES") is { Length: > 0 } folder)
        {
            File.Copy(written, Path.Combine(folder, "labels-v1.mlplog"), overwrite: true);
        }

        using var reopened = Store();
        var index = new LabelIndex(reopened, 10);
        index.Refresh(default);
        AssertFixture(index);
    }

    [Fact]
    public async Task RecordAsync_SeveralNames_AreLabelsOfTheirOwn()
    {
        using var store = Store();
        await store.RecordAsync(new[] { Known(1, 1), Known(1, 0) with { Name = "tip_30d" }, Known(2, 3) with { Name = "tip_30d" } }, default);
        var index = new LabelIndex(store, 10);
        index.Refresh(default);

        Assert.True(TryGet(index, 1, out var label));
        Assert.True(TryGet(index, 1, out var later, "tip_30d"));
        Assert.Equal((1.0, 0.0, 3), (label, later, index.Count));
        Assert.False(TryGet(index, 2, out _));
        Assert.False(TryGet(index, 1, out _, "unknown"));
    }

    [Fact]
    public async Task RecordAsync_Retraction_TakesTheLabelBackUntilALaterOne()
    {
        using var store = Store();
        var index = new LabelIndex(store, 10);
        await store.RecordAsync(new[] { Known(1, 1, minutes: 10), Known(1, null, minutes: 20), Known(2, 1, minutes: 10), Known(2, null, minutes: 5), Known(3, 1), Known(3, null) }, default);
        index.Refresh(default);

        // Observed later it takes back, observed before it does not, and at the same time the one that was recorded last counts.
        Assert.Equal([false, true, false], Enumerable.Range(1, 3).Select(i => TryGet(index, i, out _)));

        await store.RecordAsync(new[] { Known(1, 0, minutes: 30) }, default);
        index.Refresh(default);
        Assert.True(TryGet(index, 1, out var again));
        Assert.Equal(0, again);
    }

    [Fact]
    public async Task RecordAsync_LabelsOfEntities_ReadBack()
    {
        using var store = Store();
        await store.RecordAsync(new[] { OfEntity(9), Known(1, null) }, default);

        var batches = new List<RecordBatch>();
        await foreach (var one in store.ReadAsync())
        {
            batches.Add(one);
        }

        var batch = Assert.Single(batches);
        Assert.Equal(["tips", null], Enumerable.Range(0, 2).Select(i => ((StringArray)batch.Column("model")).GetString(i)));
        Assert.Equal(Key, EntityKeyEncoding.Decode(((BinaryArray)batch.Column("entity_key")).GetBytes(0, out _)));
        Assert.True(batch.Column("entity_key").IsNull(1));
        Assert.Equal([Noon.ToUnixTimeMilliseconds() * 1000, null], Enumerable.Range(0, 2).Select(i => ((TimestampArray)batch.Column("event_time")).GetValue(i)));
        Assert.Equal([9, null], ((DoubleArray)batch.Column("value")).ToList(includeNulls: true));
        Assert.Equal([false, true], Enumerable.Range(0, 2).Select(batch.Column("prediction_id").IsValid));
        var ids = (FixedSizeBinaryArray)batch.Column("label_id");
        Assert.True(PredictionId.Read(ids.GetBytes(1)) > PredictionId.Read(ids.GetBytes(0)));
        Assert.Equal("mlp-labels", batch.Schema.Metadata["mlp.format"]);
    }

    [Fact]
    public async Task RecordAsync_FromManyThreads_IdsGrowInTheOrderOfRecording()
    {
        using var store = Store();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => store.RecordAsync(new[] { Known(i, 1) }, default).AsTask())));

        var ids = new List<PredictionId>();
        await foreach (var batch in store.ReadAsync())
        {
            ids.AddRange(Enumerable.Range(0, batch.Length).Select(i => PredictionId.Read(((FixedSizeBinaryArray)batch.Column("label_id")).GetBytes(i))));
        }

        Assert.Equal(100, ids.Distinct().Count());
        Assert.Equal(ids.Order(), ids);
    }

    [Fact]
    public async Task RecordAsync_ObservedInTheFuture_IsRefusedBeyondWhatClocksDifferBy()
    {
        using var store = Store();
        var day = TimeSpan.FromDays(1);
        await store.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(1), true, Noon + day) }, default);

        foreach (var observed in new[] { Noon + day + TimeSpan.FromTicks(1), DateTimeOffset.MaxValue })
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(() => store.RecordAsync(new[] { Known(2, 1), Label.ForPrediction(TestModels.Id(1), true, observed) }, default).AsTask());
            Assert.Contains("found a time of observation more than a day after now at index 1.", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, store.RecordedCount);
        _time.Advance(TimeSpan.FromSeconds(1));
        await store.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(1), true, Noon + day + TimeSpan.FromSeconds(1)) }, default);
    }

    [Fact]
    public async Task RecordAsync_LabelOfNothingOrTwoThings_IsRefusedWithASentence()
    {
        using var store = Store();
        var entity = OfEntity(1);
        Assert.Contains("neither a prediction nor an entity", await ProblemAsync(new Label { Value = 1 }), StringComparison.Ordinal);
        Assert.Contains("both a prediction and an entity", await ProblemAsync(entity with { PredictionId = TestModels.Id(1) }), StringComparison.Ordinal);
        Assert.Contains("without its model, key or event time", await ProblemAsync(entity with { EventTime = null }), StringComparison.Ordinal);
        Assert.Contains("a name that no model can have", await ProblemAsync(entity with { Model = "../tips" }), StringComparison.Ordinal);
        Assert.Contains("the label name 'Tip!'", await ProblemAsync(Known(1, 1) with { Name = "Tip!" }), StringComparison.Ordinal);

        async Task<string> ProblemAsync(Label label) => (await Assert.ThrowsAsync<ArgumentException>(() => store.RecordAsync(new[] { label }, default).AsTask())).Message;
    }

    private static void AssertFixture(LabelIndex index)
    {
        Assert.Equal([0.0, 1.0, 2.5, double.NaN], Values(index));
        Assert.True(TryGet(index, 4, out var named, "tip_30d"));
        Assert.Equal(7, named);
        var key = new byte[EntityKeyEncoding.GetMaximumLength(Key)];
        var entity = LabelTarget.OfEntity(new System.IO.Hashing.XxHash128(), "tips", key.AsSpan(0, EntityKeyEncoding.Encode(Key, key)), Microseconds.FromRequestTime(Noon));
        Assert.True(index.TryGet(default, entity, "label", out var ofEntity));
        Assert.Equal(9, ofEntity);
    }

    private static Label OfEntity(double value) => Label.ForEntity("tips", Key, Noon, value, Noon);

    private static Label Known(int number, double? value, int minutes = 0) => Label.ForPrediction(TestModels.Id(number), value, Noon.AddMinutes(minutes));

    private static IEnumerable<double> Values(LabelIndex index)
        => Enumerable.Range(1, 4).Select(i => TryGet(index, i, out var value) ? value : double.NaN);

    private static bool TryGet(LabelIndex index, int number, out double value, string name = "label") => index.TryGet(TestModels.Id(number), default, name, out value);

    private LabelStore Store() => new(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), DiskSync.Instance, _time, NullLogger<LabelStore>.Instance);
}
