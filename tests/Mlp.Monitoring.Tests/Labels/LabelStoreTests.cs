using Apache.Arrow;
using Apache.Arrow.Arrays;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Labels;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Labels;

public sealed class LabelStoreTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RecordAsync_ConcurrentCallersAndWriters_EverythingReadsBack()
    {
        using var one = Store();
        using var other = Store();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => (i % 3 == 0 ? other : one).RecordAsync(new[] { Label(i, i % 2) }, default).AsTask())));

        var seen = new Dictionary<PredictionId, double>();
        await foreach (var batch in one.ReadAsync())
        {
            for (var i = 0; i < batch.Length; i++)
            {
                seen.Add(PredictionId.Read(((FixedSizeBinaryArray)batch.Column("prediction_id")).GetBytes(i)), ((DoubleArray)batch.Column("label")).GetValue(i)!.Value);
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
        await one.RecordAsync(new[] { Label(1, 0, minutes: 10), Label(2, 0, minutes: 10), Label(3, 0, minutes: 10) }, default);
        index.Refresh(default);
        _time.Advance(TimeSpan.FromHours(1));
        await other.RecordAsync(new[] { Label(1, 1, minutes: 5), Label(2, 1, minutes: 20), Label(3, 1, minutes: 10) }, default);
        await one.RecordAsync(new[] { Label(4, 1), Label(4, 0) }, default);
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
        await store.RecordAsync(Enumerable.Range(0, 25).Select(i => Label(i, 1)).ToArray(), default);
        index.Refresh(default);

        Assert.Equal(10, index.Count);
        Assert.False(index.TryGet(TestModels.Id(14), out _));
        Assert.True(index.TryGet(TestModels.Id(15), out _));
    }

    [Fact]
    public async Task RecordAsync_LargeSegments_BeginAnother()
    {
        using var store = new LabelStore(new DataDirectory(_folder.FullName, MlPlatformMode.Reader), DiskSync.Instance, _time, NullLogger<LabelStore>.Instance, maximumSegmentByteCount: 4096);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => store.RecordAsync(new[] { Label(i, 1) }, default).AsTask())));

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
        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.RecordAsync(new[] { Label(1, 0), new Label(TestModels.Id(2), value, Noon) }, default).AsTask());

        Assert.Contains("index 1", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Combine("labels")));
    }

    [Fact]
    public async Task RecordAsync_DiskRefusesThenTakes_ThrowsAndGoesOnInANewSegment()
    {
        var disk = new RecordingDiskSync();
        using var store = new LabelStore(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), disk, _time, NullLogger<LabelStore>.Instance);
        await store.RecordAsync(new[] { Label(1, 1) }, default);
        disk.OnSync = (_, _) => throw new IOException("No space left on device.");

        await Assert.ThrowsAsync<LogWriteException>(() => store.RecordAsync(new[] { Label(2, 1) }, default).AsTask());
        Assert.Equal(HealthStatus.Unhealthy, store.CheckHealth().Status);
        disk.OnSync = null;
        await store.RecordAsync(new[] { Label(3, 1) }, default);

        Assert.Equal(HealthStatus.Healthy, store.CheckHealth().Status);
        var index = new LabelIndex(store, 10);
        index.Refresh(default);
        Assert.Equal([true, false, true], Enumerable.Range(1, 3).Select(i => index.TryGet(TestModels.Id(i), out _)));
    }

    [Fact]
    public async Task RecordAsync_Closed_Throws()
    {
        var store = Store();
        await store.CloseAsync(default);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RecordAsync(new[] { Label(1, 1) }, default).AsTask());
    }

    [LinuxFact]
    public async Task RecordAsync_PowerCut_KeepsEverythingAcknowledged()
    {
        using var disk = new UnsyncedLossDisk(_folder.FullName);
        using var after = new TempDirectory();
        using var store = new LabelStore(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), disk, _time, NullLogger<LabelStore>.Instance);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            await store.RecordAsync(new[] { Label(round, 1) }, default);
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

        Assert.Equal([0.0, 1.0, 2.5], Values(index).Take(3));
    }

    [Fact]
    public async Task Fixture_WrittenToday_HasTheSameRows()
    {
        using (var store = Store())
        {
            await store.RecordAsync(new[] { Label(1, 1, minutes: 1), new Label(TestModels.Id(2), true, Noon), new Label(TestModels.Id(3), 2.5, Noon) }, default);
            await store.RecordAsync(new[] { Label(1, 0, minutes: 2) }, default);
        }

        var written = Assert.Single(Directory.GetFiles(_folder.Combine("labels")));
        if (Environment.GetEnvironmentVariable("MLP_WRITE_FIXTURES") is { Length: > 0 } folder)
        {
            File.Copy(written, Path.Combine(folder, "labels-v1.mlplog"), overwrite: true);
        }

        using var reopened = Store();
        var index = new LabelIndex(reopened, 10);
        index.Refresh(default);
        Assert.Equal([0.0, 1.0, 2.5], Values(index).Take(3));
    }

    private static Label Label(int number, double value, int minutes = 0) => new(TestModels.Id(number), value, Noon.AddMinutes(minutes));

    private static IEnumerable<double> Values(LabelIndex index)
        => Enumerable.Range(1, 4).Select(i => index.TryGet(TestModels.Id(i), out var value) ? value : double.NaN);

    private LabelStore Store() => new(new DataDirectory(_folder.FullName, MlPlatformMode.Owner), DiskSync.Instance, _time, NullLogger<LabelStore>.Instance);
}
