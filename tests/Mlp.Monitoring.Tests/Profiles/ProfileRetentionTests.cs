using Mlp.Monitoring.Profiles;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Profiles;

public sealed class ProfileRetentionTests : IDisposable
{
    private static readonly DateTimeOffset Noon = ProfileHarness.Noon;

    private readonly TempDirectory _folder = new();

    private string Predictions => Path.Combine(_folder.FullName, "predictions");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Save_FilesOlderThanTheRetention_GoesWithoutThem()
    {
        await using var log = new ProfileHarness(_folder.FullName, retention: TimeSpan.FromHours(3));
        var sink = log.Attach();
        for (var hour = 0; hour < 6; hour++)
        {
            log.Record(sink, Noon.AddHours(hour), 10);
        }

        await log.FlushAsync();
        log.Clock.Advance(TimeSpan.FromHours(5).Add(TimeSpan.FromMinutes(10)));

        // The panes from 14:10 on.
        Assert.Equal([Noon.AddHours(2), Noon.AddHours(3), Noon.AddHours(4), Noon.AddHours(5)], ProfileFile.List(Predictions, "tips").Select(f => DateTimeOffset.UnixEpoch.AddMicroseconds(f.Start)));
        Assert.Equal(40, (await log.GetAsync()).RowCount);

        log.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await log.FindAsync());
        Assert.Empty(ProfileFile.List(Predictions, "tips"));
    }

    [Fact]
    public async Task Save_WithoutRetention_KeepsEverything()
    {
        await using var log = new ProfileHarness(_folder.FullName);
        log.Record(log.Attach(), Noon, 10);
        await log.FlushAsync();
        log.Clock.Advance(TimeSpan.FromDays(5));

        Assert.Equal(10, (await log.GetAsync()).RowCount);
    }

    // A day whose panes are still there, as after a crash, must not go before them: they would count again.
    [Fact]
    public async Task DeleteExpired_StoppedAnywhere_CountsNothingAgain()
    {
        await using (var log = new ProfileHarness(_folder.FullName))
        {
            var sink = log.Attach();
            for (var hour = 0; hour < 3; hour++)
            {
                log.Record(sink, Noon.AddHours(hour), 10);
            }

            await log.FlushAsync();
            log.Clock.Advance(TimeSpan.FromHours(4));
            var panes = ProfileFile.List(Predictions, "tips").ToDictionary(f => f.Path, f => File.ReadAllBytes(f.Path));
            log.Clock.Advance(TimeSpan.FromHours(12));
            Assert.True(Assert.Single(ProfileFile.List(Predictions, "tips")).IsDay);
            foreach (var (path, bytes) in panes)
            {
                File.WriteAllBytes(path, bytes);
            }
        }

        var folder = new ProfileFolder(Predictions, "tips");
        for (var stop = 1; ProfileFile.List(Predictions, "tips").Count > 0; stop++)
        {
            Assert.InRange(stop, 1, 10);
            var failures = 0;
            folder.DeleteExpired(long.MaxValue, _ => false, new FailingDisk(), (_, _) => failures++);
            Assert.Equal(1, failures);
            var (files, _) = await folder.ReadAsync(_ => true, CancellationToken.None);
            Assert.True(files.Sum(f => f.Profile.RowCount) is 30 or 0);
        }
    }

    /// <summary>Deletes, and fails when the deletion is to be made durable.</summary>
    private sealed class FailingDisk : IDiskSync
    {
        public void SyncFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path) => throw new IOException("The disk is gone.");

        public void SyncFile(string path) => throw new IOException("The disk is gone.");

        public void SyncDirectory(string path) => throw new IOException("The disk is gone.");
    }
}
