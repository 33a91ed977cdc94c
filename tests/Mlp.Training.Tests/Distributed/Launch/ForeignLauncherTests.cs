using Mlp.TestSupport;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>torchrun and mpirun start a .NET rank unchanged. Skipped where they are not installed.</summary>
public sealed class ForeignLauncherTests
{
    private const string Torchrun = "/usr/lib/python3/dist-packages/torch/distributed/run.py";

    [ForeignLauncherFact(Torchrun)]
    public async Task Torchrun_StaticRendezvous_RanksMeet()
        => await CheckTorchrunAsync(FormattableString.Invariant($"--master_port={LoopbackPorts.Take()}"));

    [ForeignLauncherFact(Torchrun)]
    public async Task Torchrun_Standalone_RanksMeet() => await CheckTorchrunAsync("--standalone");

    [ForeignLauncherFact("/usr/bin/mpirun.openmpi")]
    public async Task OpenMpi_TwoRanks_Meet()
        => await CheckAsync("/usr/bin/mpirun.openmpi", ["--allow-run-as-root", "--oversubscribe", "-np", "2", ChildRanks.Dotnet, .. ChildRanks.Arguments("sum")]);

    [ForeignLauncherFact("/usr/bin/mpirun.mpich")]
    public async Task Mpich_TwoRanks_Meet()
        => await CheckAsync(
            "/usr/bin/mpirun.mpich",
            ["-genv", "MASTER_PORT", FormattableString.Invariant($"{LoopbackPorts.Take()}"), "-np", "2", ChildRanks.Dotnet, .. ChildRanks.Arguments("sum")]);

    private static async Task CheckTorchrunAsync(string rendezvous)
    {
        // Debian's PyTorch 1.13 fails under its own Python 3.11 unless streams are redirected.
        using var logs = new TempDirectory();
        await CheckAsync(
            "/usr/bin/python3",
            ["-m", "torch.distributed.run", rendezvous, "--redirects=1", "--tee=1", $"--log_dir={logs.FullName}", "--no_python", "--nproc_per_node=2", ChildRanks.Dotnet, .. ChildRanks.Arguments("sum")]);
    }

    private static async Task CheckAsync(string program, string[] arguments)
    {
        var result = await CommandLine.RunAsync(AppContext.BaseDirectory, new Dictionary<string, string?>(), program, arguments);

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Contains("joined 0 of 2", result.Output, StringComparison.Ordinal);
        Assert.Contains("joined 1 of 2", result.Output, StringComparison.Ordinal);
        Assert.Single(result.Output.Split('\n').Where(l => l.Contains("sum ", StringComparison.Ordinal)).Select(l => l[l.IndexOf("sum ", StringComparison.Ordinal)..].Trim()).Distinct());
    }
}
