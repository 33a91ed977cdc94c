using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Tests.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Collectives.Mpi;

/// <summary>Starts ranks by an mpirun: the child of the training tests, which finds their code beside it.</summary>
internal static class MpiRanks
{
    /// <summary>Runs <see cref="MpiRankProgram"/> on ranks.</summary>
    public static Task<CommandResult> RunAsync(string launcher, int worldSize, string[] arguments)
    {
        string[] start = ["-np", worldSize.ToString(CultureInfo.InvariantCulture), ChildRanks.Dotnet, .. ChildRanks.Program(typeof(MpiRankProgram), arguments)];
        string[] own = launcher.EndsWith("openmpi", StringComparison.Ordinal) ? ["--allow-run-as-root", "--oversubscribe"] : [];
        return CommandLine.RunAsync(AppContext.BaseDirectory, new Dictionary<string, string?>(), launcher, [.. own, .. start]);
    }
}
