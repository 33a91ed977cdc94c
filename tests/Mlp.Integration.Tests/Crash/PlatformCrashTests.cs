using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.PlatformChild;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Crash;

/// <summary>Nothing acknowledged is lost and nothing is doubled when the whole platform is killed while every part of it works: by SIGKILL and by a power cut.</summary>
public sealed class PlatformCrashTests : IDisposable
{
    private static readonly string[] Kinds = ["batch", "push", "prediction", "label", "version", "alias"];

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [LinuxFact]
    public async Task Platform_ProcessKilledAnywhere_EverythingAcknowledgedIsThere()
    {
        var data = _folder.Combine("data");
        var random = new Random(20_240_611);
        var acknowledged = new Acknowledged();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = Start(data, round);
            if (round % 5 == 3)
            {
                // Now and then while it starts and recovers.
                await Task.Delay(random.Next(50, 1_500));
            }
            else
            {
                await ReadAsync(child, acknowledged, random.Next(1, 500));
            }

            while (round == TestRounds.Count - 1 && acknowledged.Counts.Values.Contains(0))
            {
                // Which lines come first is up to the machine.
                await ReadAsync(child, acknowledged, lines: 1);
            }

            foreach (var line in await child.KillAsync())
            {
                Take(line, acknowledged);
            }

            Assert.Equal(137, child.ExitCode);
            if (round % 2 == 1 || round == TestRounds.Count - 1)
            {
                // In the other rounds it is the next child that finds what the killed one left.
                await AssertHoldsAsync(data, acknowledged);
            }
        }

        Assert.All(Kinds, kind => Assert.True(acknowledged.Counts[kind] > 0, $"No {kind} was acknowledged in any round."));
    }

    [LinuxFact]
    public async Task Platform_PowerCutAnywhere_EverythingAcknowledgedIsThere()
    {
        var random = new Random(20_240_612);
        var data = Directory.CreateDirectory(_folder.Combine("0")).FullName;
        var acknowledged = new Acknowledged();
        for (var round = 1; round <= TestRounds.Count; round++)
        {
            using var disk = new UnsyncedLossDisk(data);
            (data, var atTheCut) = await CutAsync(data, disk, disk, round, random.Next(50, 400));
            acknowledged.Add(atTheCut);
            await AssertHoldsAsync(data, acknowledged);
        }

        Assert.All(Kinds, kind => Assert.True(acknowledged.Counts[kind] > 0, $"No {kind} was acknowledged in any round."));
    }

    /// <summary>The test above can fail: without the flushes of any one part it does.</summary>
    [LinuxFact]
    public async Task Platform_PowerCutWithoutTheFlushesOfAPart_LosesWhatWasAcknowledged()
    {
        foreach (var (round, part) in new[] { "features/offline", "features/online", "predictions", "labels", "registry" }.Index())
        {
            var data = Directory.CreateDirectory(_folder.Combine($"{round * 100}")).FullName;
            using var disk = new UnsyncedLossDisk(data);
            var (found, acknowledged) = await CutAsync(data, disk, new ForgetfulDisk(disk, Path.Combine(data, part)), (round * 100) + 1, lines: 30);

            Assert.True(await Record.ExceptionAsync(() => AssertHoldsAsync(found, acknowledged)) is not null, $"Nothing of '{part}' was missed.");
        }
    }

    /// <summary>Works on a directory until enough is acknowledged, and cuts the power in the midst of it.</summary>
    /// <returns>What is found when the power is back, and what was acknowledged before the cut. What was acknowledged while the cut was taken may be there too.</returns>
    private async Task<(string Found, Acknowledged AtTheCut)> CutAsync(string data, UnsyncedLossDisk watched, IDiskSync disk, int round, int lines)
    {
        var acknowledged = new Acknowledged();
        using var told = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        await using var ml = Build(data, disk);
        await ml.StartAsync();
        var work = new AccountWorkload(ml, round * AccountWorkload.NumberCount, line =>
        {
            acknowledged.Add(line);
            told.Release();
        }).RunAsync(stop.Token);
        for (; (lines > 0 || acknowledged.Copy().Counts.Values.Contains(0)) && !work.IsCompleted; lines--)
        {
            await Task.WhenAny(told.WaitAsync(), work);
        }

        if (work.IsCompleted)
        {
            await work;
            Assert.Fail("The workload came to its end before the power was cut.");
        }

        var atTheCut = acknowledged.Copy();
        var found = watched.Crash(_folder.Combine(round.ToString(CultureInfo.InvariantCulture)));
        await stop.CancelAsync();
        await work;
        return (found, atTheCut);
    }

    private static ChildProcess Start(string data, int round) => ChildProcess.StartAssembly(
        Path.Combine(AppContext.BaseDirectory, "Mlp.PlatformChild.dll"), data, ((round + 1) * AccountWorkload.NumberCount).ToString(CultureInfo.InvariantCulture));

    private static async Task ReadAsync(ChildProcess child, Acknowledged acknowledged, int lines)
    {
        for (; lines > 0; lines--)
        {
            Take(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync()), acknowledged);
        }
    }

    private static void Take(string line, Acknowledged acknowledged)
    {
        if (line != "open")
        {
            acknowledged.Add(line);
        }
    }

    private static async Task AssertHoldsAsync(string data, Acknowledged acknowledged)
    {
        await using var ml = Build(data, DiskSync.Instance);
        await ml.StartAsync();
        Assert.DoesNotContain(ml.CheckHealth(), part => part.Value.Status == HealthStatus.Unhealthy);
        var contents = new PlatformContents(ml);
        await contents.AssertHoldsAsync(acknowledged);
        if (acknowledged.Batches.Count > 0)
        {
            await contents.AssertRepeatedBatchChangesNothingAsync(acknowledged.Batches.Max());
        }
    }

    private static MlPlatform Build(string data, IDiskSync disk)
    {
        var builder = AccountPlatform.Define(data);
        builder.Services.AddSingleton(disk);
        return builder.Build();
    }
}
