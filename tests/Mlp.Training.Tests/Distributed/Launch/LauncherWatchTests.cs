using System.Diagnostics;
using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

public sealed class LauncherWatchTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("none")]
    public void Begin_NobodyToWatch_IsNone(string? launcher) => Assert.Null(LauncherWatch.Begin(launcher, _ => Assert.Fail("Nobody has ended.")));

    [LinuxFact]
    public async Task Begin_ProcessEnds_TellsOnce()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = LauncherWatch.Begin(process.Id.ToString(CultureInfo.InvariantCulture), told.SetResult);
        Assert.False(told.Task.IsCompleted);

        process.StandardInput.Close();

        Assert.Equal($"the launcher of its process, process {process.Id}, has ended", await told.Task.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [LinuxFact]
    public async Task Begin_ProcessHasEnded_TellsAtOnce()
    {
        using var process = Process.Start("/bin/true");
        await process.WaitForExitAsync();
        var told = new List<string>();

        Assert.Null(LauncherWatch.Begin(process.Id.ToString(CultureInfo.InvariantCulture), told.Add));
        Assert.Single(told);
    }

    [LinuxFact]
    public async Task Dispose_ProcessEndsLater_TellsNobody()
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        var watch = LauncherWatch.Begin(process.Id.ToString(CultureInfo.InvariantCulture), _ => Assert.Fail("It was disposed of."));
        watch!.Dispose();

        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }
}
