using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>Real processes: they get the same sums, and each learns of one that is killed, stopped or gone, with its number, long before a call's own limit.</summary>
public sealed class ChildRankTests
{
    private const double LimitMilliseconds = 60_000;

    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    public async Task Sum_OfProcesses_HasTheBitsOfThreads(int worldSize, bool sharesMemory)
    {
        var expected = new string[worldSize];
        ProcessGroup.RunInProcess(worldSize, g => expected[g.Rank] = Hash(g));

        var (result, lines) = await ChildRanks.RunAsync(worldSize, sharesMemory, "sum");

        Assert.True(result.IsSuccess, string.Join('\n', lines));
        Assert.Equal(Enumerable.Range(0, worldSize).Select(r => $"[{r}] sum {expected[r]}"), lines.Where(l => l.Contains("sum", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("kill", 2, 137, true)]
    [InlineData("kill", 0, 137, false)]
    [InlineData("exit", 1, 7, true)]
    [InlineData("exit", 1, 7, false)]
    public async Task Rank_Ends_OthersNameItAtOnce(string how, int rank, int code, bool sharesMemory)
    {
        var (result, lines) = await ChildRanks.RunAsync(3, sharesMemory, how, rank.ToString(CultureInfo.InvariantCulture), "5");

        Assert.Equal(code, result.ExitCodes[rank]);
        CheckOthers(lines, rank, 3, "ended: its connection closed");
    }

    [Theory]
    [InlineData(ReductionAlgorithm.Ring)]
    [InlineData(ReductionAlgorithm.HalvingDoubling)]
    public async Task Rank_EndsFarAway_OthersNameItAtOnce(ReductionAlgorithm algorithm)
    {
        var (_, lines) = await ChildRanks.RunAsync(5, false, algorithm, "kill", "2", "5");

        CheckOthers(lines, 2, 5, "ended: its connection closed");
    }

    [Theory]
    [InlineData(1, true, ReductionAlgorithm.Auto)]
    [InlineData(0, false, ReductionAlgorithm.Ring)]
    public async Task Rank_IsStopped_OthersNameItWhenItsHeartStops(int rank, bool sharesMemory, ReductionAlgorithm algorithm)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (result, lines) = await ChildRanks.RunAsync(3, sharesMemory, algorithm, "stop", rank.ToString(CultureInfo.InvariantCulture), "5");

        Assert.Equal(137, result.ExitCodes[rank]);
        CheckOthers(lines, rank, 3, "has given no sign of life for 10 s");
    }

    [Fact]
    public async Task Run_RankFails_SaysWhichAndHow()
    {
        var result = await LocalLauncher.RunAsync(2, new() { Program = "/bin/sh", Arguments = ["-c", "test $RANK = 0 || exit 4"], Output = TextWriter.Null });

        Assert.Equal((1, 4), (result.FirstFailedRank!.Value, result.ExitCodes[1]));
        Assert.StartsWith("Rank 1 of 2 failed first: it ended with exit code 4.", result.Failure, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Run_RankFailsAfterAnotherHasLeft_SaysThatToo()
    {
        var file = Path.Combine(Path.GetTempPath(), $"mlp-launch-{Guid.NewGuid():N}");

        // Rank 0 fails when rank 1, its process, is no more.
        var result = await LocalLauncher.RunAsync(
            2, new() { Program = "/bin/sh", Arguments = ["-c", $"test $RANK = 1 && {{ echo $$ > {file}; exit 0; }}; until test -s {file} && ! kill -0 $(cat {file}) 2>/dev/null; do sleep 0.05; done; exit 4"], Output = TextWriter.Null });

        File.Delete(file);
        Assert.Equal([1], result.EndedBefore);
        Assert.Equal("Rank 0 of 2 failed first: it ended with exit code 4. Before it rank 1 had ended with exit code 0.", result.Failure);
    }

    [Theory]
    [InlineData("test $RANK = 1 && exit 4; until test -s FILE; do sleep 0.05; done", true, true, new[] { 0 })]
    [InlineData("test $RANK = 1 && exit 4; until test -s FILE; do sleep 0.05; done", false, false, new int[0])]
    [InlineData("test $RANK = 1 && exit 4; until test -s FILE; do sleep 0.05; done; exit 5", true, false, new int[0])]
    [InlineData("test $RANK = 1 && { until test -s FILE; do sleep 0.05; done; exit 4; }; true", true, false, new int[0])]
    public async Task Run_RankFailsAndOthersGoOn_IsSuccessWhereOneEndsWellAfterIt(string script, bool keepsOthers, bool isSuccess, int[] endedAfter)
    {
        // Whoever waits for the file goes on when the other is no more.
        var file = Path.Combine(Path.GetTempPath(), $"mlp-launch-{Guid.NewGuid():N}");
        using var output = new StringWriter();
        var options = new LocalLauncherOptions { Program = "/bin/sh", Arguments = ["-c", $"echo $$; {script.Replace("FILE", file, StringComparison.Ordinal)}"], Output = output, KeepsOthers = keepsOthers, GracePeriod = TimeSpan.Zero };

        var running = LocalLauncher.RunAsync(2, options);
        await WaitForAnEndAsync();
        await File.WriteAllTextAsync(file, "go on");
        var result = await running;

        File.Delete(file);
        Assert.Equal((isSuccess, 1), (result.IsSuccess, result.FirstFailedRank));
        Assert.Equal(endedAfter, result.EndedAfter);

        async Task WaitForAnEndAsync()
        {
            while (true)
            {
                string text;
                lock (output)
                {
                    text = output.ToString();
                }

                var ids = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => int.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture)).ToList();
                if (running.IsCompleted || (ids.Count == 2 && ids.Exists(id => !Directory.Exists($"/proc/{id}"))))
                {
                    return;
                }

                await Task.Delay(20);
            }
        }
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(2, "Rank 2 of 3 failed first: it ended with exit code 1. Before it ranks 1, 0 had ended with exit code 0.")]
    public void Failure_OfAResult_NamesThoseThatHadEnded(int? failed, string? sentence)
        => Assert.Equal(sentence, new LaunchResult([0, 0, failed is null ? 0 : 1], failed) { EndedBefore = [1, 0] }.Failure);

    [Fact]
    public async Task Run_RankFails_EndsTheOthers()
    {
        var options = new LocalLauncherOptions { Program = "/bin/sh", Arguments = ["-c", "test $RANK = 1 && kill -9 $$; exec sleep 1000"], Output = TextWriter.Null, GracePeriod = TimeSpan.Zero };

        var result = await LocalLauncher.RunAsync(3, options);

        Assert.Equal([137, 137, 137], result.ExitCodes);
        Assert.Equal("Rank 1 of 3 failed first: it ended by signal 9.", result.Failure);
    }

    [LinuxFact]
    public async Task Run_RankFailsAndLeavesAProcessWithItsOutput_EndsTheOthers()
    {
        var (file, clock) = (Path.GetTempFileName(), new FakeTimeProvider());
        var options = new LocalLauncherOptions
        {
            Program = "/bin/sh",
            Arguments = ["-c", $"test $RANK = 1 && {{ sleep 1000 & echo $! > {file}; exit 3; }}; exec sleep 1000"],
            Output = TextWriter.Null,
            GracePeriod = TimeSpan.Zero,
        };

        var running = LocalLauncher.RunAsync(2, options, clock);
        while (await Task.WhenAny(running, Task.Delay(20)) != running)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        var result = await running;
        using var left = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture));
        left.Kill();
        File.Delete(file);
        Assert.Equal((1, 3, 137), (result.FirstFailedRank!.Value, result.ExitCodes[1], result.ExitCodes[0]));
    }

    [LinuxFact]
    public async Task Run_LauncherKilled_RanksEnd()
    {
        using var launcher = ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "launch", "2");
        var ranks = new List<int>();
        while (ranks.Count < 2)
        {
            var line = await launcher.ReadLineAsync();
            Assert.NotNull(line);
            if (line.Split(' ') is [_, "process", var id])
            {
                ranks.Add(int.Parse(id, CultureInfo.InvariantCulture));
            }
        }

        Assert.All(ranks, r => Assert.True(Runs(r)));
        await launcher.KillAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        foreach (var rank in ranks)
        {
            while (Runs(rank))
            {
                await Task.Delay(20, patience.Token);
            }
        }

        // Whoever takes over orphans may leave what has ended unburied for a while.
        static bool Runs(int process)
        {
            try
            {
                var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
                return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Run_NoSuchProgram_SaysSo()
        => Assert.StartsWith("Rank 0 could not be started", (await Assert.ThrowsAsync<LaunchException>(() => LocalLauncher.RunAsync(2, new() { Program = "/no/such/program" }))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Run_Output_ComesWithTheRank()
    {
        using var output = new StringWriter();

        await LocalLauncher.RunAsync(2, new() { Program = "/bin/sh", Arguments = ["-c", "echo rank $RANK of $WORLD_SIZE at $MASTER_ADDR, ${#MLP_GROUP_SECRET}"], Output = output });

        Assert.Equal(["[0] rank 0 of 2 at 127.0.0.1, 64", "[1] rank 1 of 2 at 127.0.0.1, 64"], output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    private static void CheckOthers(string[] lines, int lost, int worldSize, string reason)
    {
        var failures = lines.Where(l => l.Contains("failed", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(Enumerable.Range(0, worldSize).Where(r => r != lost).Select(r => $"[{r}] failed RankLostException {lost}"), failures.Select(f => string.Join(' ', f.Split(' ')[..4])));
        Assert.All(failures, f => Assert.Contains(reason, f, StringComparison.Ordinal));
        Assert.All(failures, f => Assert.InRange(double.Parse(f.Split(' ')[4], CultureInfo.InvariantCulture), 0, LimitMilliseconds));
        Assert.Single(failures.Select(f => string.Join(' ', f.Split(' ')[5..])).Distinct());
    }

    private static string Hash(ProcessGroup group)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var length in new[] { 3, 5000, 1_000_000 })
        {
            var random = new Random((group.Rank * 31) + length);
            var values = Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f).ToArray();
            group.AllReduce(values.AsSpan());
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
