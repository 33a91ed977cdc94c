using Mlp.TestSupport;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>A program that mpirun or torchrun has started, and that starts ranks of its own.</summary>
public sealed class LauncherWithinLauncherTests
{
    [Fact]
    public async Task Run_WithinAnotherLauncher_RanksAreThoseOfTheInner()
    {
        var outer = new Dictionary<string, string?>
        {
            ["OMPI_COMM_WORLD_RANK"] = "3",
            ["OMPI_COMM_WORLD_SIZE"] = "8",
            ["OMPI_COMM_WORLD_LOCAL_RANK"] = "3",
            ["PMIX_NAMESPACE"] = "outer",
            ["PMI_RANK"] = "3",
            ["PMI_SIZE"] = "8",
            ["MPI_LOCALRANKID"] = "3",
            ["TORCHELASTIC_RESTART_COUNT"] = "1",
            ["TORCHELASTIC_USE_AGENT_STORE"] = "True",
        };

        var result = await CommandLine.RunAsync(AppContext.BaseDirectory, outer, ChildRanks.Dotnet, ChildRanks.Program(typeof(Program)));

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal(
            ["[0] torchrun 0 of 2, restarted 0 times, port is that of the launcher True", "[1] torchrun 1 of 2, restarted 0 times, port is that of the launcher True"],
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    /// <summary>Is the launcher, and each rank.</summary>
    private static class Program
    {
        public static async Task RunAsync(string[] arguments, Action<string> print)
        {
            if (arguments is [])
            {
                var result = await LocalLauncher.RunAsync(2, new() { Program = ChildRanks.Dotnet, Arguments = ChildRanks.Program(typeof(Program), "rank") });
                Environment.ExitCode = result.IsSuccess ? 0 : 1;
                return;
            }

            var place = LaunchEnvironment.Read()!;
            var isSamePort = $"{place.MasterPort}" == Environment.GetEnvironmentVariable("MASTER_PORT");
            print(FormattableString.Invariant($"{place.Launcher} {place.Rank} of {place.WorldSize}, restarted {place.RestartCount} times, port is that of the launcher {isSamePort}"));
        }
    }
}
