using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Collectives.Mpi;

/// <summary>Processes that mpirun has started, with Open MPI and with MPICH: one start for what ends well, and one for what does not. Skipped where they are not installed.</summary>
public sealed class MpiCollectiveTests
{
    private const string OpenMpi = "/usr/bin/mpirun.openmpi";
    private const string Mpich = "/usr/bin/mpirun.mpich";

    private static readonly string[] Scenarios = ["contract", "sum", "reductions", "unchecked", "mismatch", "given up", "signals"];
    private static readonly string[] GivenUp = ["message", "abort", "leave", "late", "cancel", "signals"];

    [ForeignLauncherFact(OpenMpi)]
    public Task OpenMpi_AllScenarios_EveryRankPasses() => CheckAsync(OpenMpi);

    [ForeignLauncherFact(Mpich)]
    public Task Mpich_AllScenarios_EveryRankPasses() => CheckAsync(Mpich);

    /// <summary>A call that was given up leaves requests of MPI behind; it cannot end well then, and mpirun says so.</summary>
    [ForeignLauncherFact(OpenMpi)]
    public Task OpenMpi_CallsAreGivenUp_EveryRankSaysWhy() => CheckGivenUpAsync(OpenMpi);

    [ForeignLauncherFact(Mpich)]
    public Task Mpich_CallsAreGivenUp_EveryRankSaysWhy() => CheckGivenUpAsync(Mpich);

    private static async Task CheckGivenUpAsync(string launcher)
    {
        var result = await MpiRanks.RunAsync(launcher, 3, ["1", .. GivenUp]);

        CheckPassed(result, GivenUp, 3);

        // MPICH may complete what was given up by itself before the process ends.
        Assert.True(result.ExitCode != 0 || launcher == Mpich, result.Output);
    }

    private static void CheckPassed(CommandResult result, string[] scenarios, int worldSize)
    {
        var lines = result.Output.Split('\n');
        Assert.All(scenarios, s => Assert.True(lines.Count(l => l.EndsWith($"ok {s}", StringComparison.Ordinal)) == worldSize, result.Output));
    }

    private static async Task CheckAsync(string launcher)
    {
        var worldSize = TestRounds.Count >= 100 ? 8 : 3;
        var cases = TestRounds.Count >= 100 ? "25" : "3";
        var expected = new string[worldSize];
        ProcessGroup.RunInProcess(worldSize, g => expected[g.Rank] = MpiScenarios.Sum(g));

        var result = await MpiRanks.RunAsync(launcher, worldSize, [cases, .. Scenarios]);

        Assert.True(result.ExitCode == 0, result.Output);
        CheckPassed(result, Scenarios, worldSize);
        Assert.Equal(worldSize, result.Output.Split('\n').Count(l => l.EndsWith($"sum {expected[0]}", StringComparison.Ordinal)));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"joined 0 of {worldSize} mpi"), result.Output, StringComparison.Ordinal);
    }
}
