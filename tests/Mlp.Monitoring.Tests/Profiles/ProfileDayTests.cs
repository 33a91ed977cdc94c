using Mlp.Monitoring.Profiles;
using Mlp.Runtime;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Profiles;

public sealed class ProfileDayTests : IDisposable
{
    private static readonly DateTimeOffset Noon = ProfileHarness.Noon;
    private static readonly string FixturePath = Path.Combine(AppContext.BaseDirectory, "Fixtures", "profile-day-v1.mlprofileday");

    private readonly TempDirectory _folder = new();

    private string Predictions => Path.Combine(_folder.FullName, "predictions");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Save_DayThatIsOver_MergesItsPanesIntoOneFile()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        await RecordDayAsync(log);
        var before = await log.GetAsync();
        Assert.Equal(12, ProfileFile.List(Predictions, "tips").Count);
        log.Clock.Advance(TimeSpan.FromHours(3));
        var after = await log.GetAsync();
        var file = Assert.Single(ProfileFile.List(Predictions, "tips"));

        Assert.Equal((true, Noon.Date, TimeSpan.FromDays(1)), (file.IsDay, DateTimeOffset.FromUnixTimeMilliseconds(file.Start / 1000).Date, TimeSpan.FromMicroseconds(file.End - file.Start)));
        Assert.Equal((120, before.From, before.To), (after.RowCount, after.From, after.To));
        Assert.Equal(before.Columns.Select(c => c.DistinctCount), after.Columns.Select(c => c.DistinctCount));
        Assert.Equal(120, (await log.GetAsync(Noon, Noon.AddHours(1))).RowCount);
        Assert.Null(await log.FindAsync(Noon.AddDays(1)));
    }

    [Fact]
    public async Task Get_CrashBeforeTheMergedFilesWereDeleted_CountsNothingTwice()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        await RecordDayAsync(log);
        var parts = ProfileFile.List(Predictions, "tips").ToDictionary(file => file.Path, file => File.ReadAllBytes(file.Path));
        log.Clock.Advance(TimeSpan.FromHours(3));
        foreach (var (path, bytes) in parts.Skip(5))
        {
            File.WriteAllBytes(path, bytes);
        }

        Assert.Equal(120, (await log.GetAsync()).RowCount);

        // The next day they go, and what came late is merged.
        log.Record(log.Attach(), Noon, 7);
        Assert.Equal(127, (await log.GetAsync()).RowCount);
        log.Clock.Advance(TimeSpan.FromDays(1));
        log.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(127, (await log.GetAsync()).RowCount);
        Assert.Single(ProfileFile.List(Predictions, "tips"));
    }

    [Fact]
    public async Task Save_DayWithADamagedPane_StaysAsItIs()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        await RecordDayAsync(log);
        var damaged = ProfileFile.List(Predictions, "tips")[3].Path;
        File.WriteAllBytes(damaged, [1, 2, 3]);
        log.Clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal(12, ProfileFile.List(Predictions, "tips").Count);
        Assert.Equal(damaged, (await Assert.ThrowsAsync<CorruptFileException>(() => log.GetAsync())).Path);
    }

    [LinuxFact]
    public async Task Save_FolderThatCannotBeListed_SaysSoOnceAndMergesWhenItCan()
    {
        using var folder = new UnlistableFolder("predictions", "tips", "profiles", "v0");
        await using var log = new ProfileHarness(folder.FullName);
        await RecordDayAsync(log);
        log.Clock.Advance(TimeSpan.FromHours(3));

        Assert.Equal(1, log.Logger.Lines.Count(line => line.Message.Contains("The profiles of model tips version 1 cannot be merged by day", StringComparison.Ordinal)));
        Directory.Move(Path.Combine(folder.FullName, "predictions", "tips", "profiles", "v0"), _folder.Combine("v0"));
        log.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(ProfileFile.List(Path.Combine(folder.FullName, "predictions"), "tips"));
        Assert.Equal(120, (await log.GetAsync()).RowCount);
    }

    [LinuxFact]
    public async Task MergeDays_PowerLossAtEverySync_CountsEveryRowOnce()
    {
        var root = Directory.CreateDirectory(_folder.Combine("data")).FullName;
        await using (var log = new ProfileHarness(root))
        {
            await RecordDayAsync(log);
        }

        var wholeDay = long.MaxValue;
        for (var stop = 1; stop <= 16; stop++)
        {
            var copy = _folder.Combine($"copy{stop}");
            DirectoryCopy.Create(root, copy);
            using var disk = new UnsyncedLossDisk(copy);
            var found = _folder.Combine($"found{stop}");
            var syncs = 0;
            var stopping = new StoppingDisk(disk, () => ++syncs == stop);
            new ProfileFolder(Path.Combine(copy, "predictions"), "tips").MergeDays(wholeDay, _ => false, stopping, (_, _) => { });
            disk.Crash(found);
            await using var again = new ProfileHarness(found);

            Assert.Equal(120, (await again.GetAsync()).RowCount);
        }
    }

    [Fact]
    public async Task ReadAsync_FilesThatChangeManyTimesInARow_AreReadAsOfOneMoment()
    {
        await using (var log = new ProfileHarness(_folder.FullName))
        {
            log.Record(log.Attach(), Noon, 10);
        }

        var first = Assert.Single(ProfileFile.List(Predictions, "tips"));
        var copies = 0;

        var (files, _) = await new ProfileFolder(Predictions, "tips").ReadAsync(
            file =>
            {
                if (file == first && copies < 20)
                {
                    File.Copy(first.Path, ProfileFile.Of(Predictions, "tips", first.Version, first.Variant, first.Start, TimeSpan.FromHours(1), $"copy{copies++}").Path);
                }

                return true;
            },
            CancellationToken.None);

        Assert.Equal(210, files.Sum(file => file.Profile.RowCount));
    }

    [Fact]
    public void Parse_Fixture_ReadsEveryPart()
    {
        var day = ProfileDay.Parse(File.ReadAllBytes(FixturePath), FixturePath);

        Assert.Equal(["a.mlprofile", "ä.mlprofile"], day.Replaced);
        Assert.Equal(0, day.Profile.RowCount);
        Assert.Equal(File.ReadAllBytes(FixturePath), new ProfileDay(["a.mlprofile", "ä.mlprofile"], new DataProfileBuilder().Build()).ToBytes());
    }

    [Fact]
    public void Parse_DamagedOrNewer_SaysSo()
    {
        var bytes = File.ReadAllBytes(FixturePath);
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] ^= 0x20;
            Assert.True(Record.Exception(() => ProfileDay.Parse(damaged, "x")) is CorruptFileException or UnsupportedFormatVersionException);
            Assert.Throws<CorruptFileException>(() => ProfileDay.Parse(bytes.AsMemory(0, i), "x"));
        }

        bytes[4] = 2;
        Assert.Equal(2, Assert.Throws<UnsupportedFormatVersionException>(() => ProfileDay.Parse(bytes, "x")).Found);
    }

    /// <summary>Ten predictions in each of the hours from noon to midnight, all in files.</summary>
    private static async Task RecordDayAsync(ProfileHarness log)
    {
        var sink = log.Attach();
        for (var hour = 0; hour < 12; hour++)
        {
            log.Record(sink, Noon.AddHours(hour), 10);
        }

        await log.FlushAsync();
        log.Clock.Advance(TimeSpan.FromHours(12));
    }

    /// <summary>A disk that fails from one sync on, so that the writer stops there.</summary>
    private sealed class StoppingDisk(IDiskSync disk, Func<bool> stops) : IDiskSync
    {
        private bool _isStopped;

        public void SyncFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path)
        {
            Check();
            disk.SyncFile(handle, path);
        }

        public void SyncFile(string path)
        {
            Check();
            disk.SyncFile(path);
        }

        public void SyncDirectory(string path)
        {
            Check();
            disk.SyncDirectory(path);
        }

        private void Check()
        {
            _isStopped |= stops();
            if (_isStopped)
            {
                throw new IOException("The power is gone.");
            }
        }
    }
}
