using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

public sealed class LaunchEnvironmentTests
{
    [Fact]
    public void Read_NoLauncher_IsNull() => Assert.Null(Read("MASTER_ADDR=a MASTER_PORT=1"));

    [Fact]
    public void Read_Torchrun_TakesItsVariables()
    {
        var found = Read("RANK=3 WORLD_SIZE=8 LOCAL_RANK=1 LOCAL_WORLD_SIZE=2 MASTER_ADDR=gpu0 MASTER_PORT=29501 TORCHELASTIC_RUN_ID=job TORCHELASTIC_RESTART_COUNT=2")!;

        Assert.Equal(new LaunchEnvironment { Launcher = "torchrun", Rank = 3, WorldSize = 8, LocalRank = 1, LocalWorldSize = 2, MasterAddress = "gpu0", MasterPort = 29501, RunId = "job", RestartCount = 2 }, found);
        Assert.False(found.IsSingleHost);
    }

    [Fact]
    public void Read_TorchrunWithAStoreOfItsOwnAtThePort_TakesTheNext()
        => Assert.Equal(29501, Read("RANK=0 WORLD_SIZE=1 MASTER_PORT=29500 TORCHELASTIC_USE_AGENT_STORE=True")!.MasterPort);

    [Fact]
    public void Read_GroupPort_WinsOverMasterPort()
        => Assert.Equal(4000, Read("RANK=0 WORLD_SIZE=1 MASTER_PORT=29500 MLP_GROUP_PORT=4000 TORCHELASTIC_USE_AGENT_STORE=True")!.MasterPort);

    [Fact]
    public void Read_OpenMpi_TakesItsVariablesAndAPortOfTheRun()
    {
        var found = Read("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=4 PMIX_NAMESPACE=123@1")!;
        var other = Read("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=4 PMIX_NAMESPACE=123@1")!;
        var another = Read("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=4 PMIX_NAMESPACE=124@1")!;

        Assert.Equal(("Open MPI", 1, 4, 1), (found.Launcher, found.Rank, found.WorldSize, found.LocalRank!.Value));
        Assert.True(found.IsSingleHost);
        Assert.InRange(found.MasterPort!.Value, 20000, 29999);
        Assert.Equal(found.MasterPort, other.MasterPort);
        Assert.NotEqual(found.MasterPort, another.MasterPort);
    }

    [Fact]
    public void Read_Hydra_TakesItsVariables()
    {
        var found = Read("PMI_RANK=2 PMI_SIZE=3 MPI_LOCALRANKID=0 MPI_LOCALNRANKS=1 MASTER_ADDR=head")!;

        Assert.Equal(("Hydra", 2, 3, "head"), (found.Launcher, found.Rank, found.WorldSize, found.MasterAddress));
    }

    [Theory]
    [InlineData("gpu[03-05,9],login1", "gpu03")]
    [InlineData("a,b", "a")]
    [InlineData("n[1-2]-ib", "n1-ib")]
    [InlineData("rack[7]node[10,12]", "rack7node10")]
    public void Read_Slurm_FirstHostIsRankZeros(string nodes, string first)
    {
        var found = Read($"SLURM_PROCID=5 SLURM_NTASKS=8 SLURM_LOCALID=1 SLURM_JOB_NODELIST={nodes} SLURM_JOB_ID=77 SLURM_NNODES=2")!;

        Assert.Equal(("SLURM", 5, 8, 1, first, "77.0"), (found.Launcher, found.Rank, found.WorldSize, found.LocalRank!.Value, found.MasterAddress, found.RunId));
        Assert.False(found.IsSingleHost);
    }

    [Fact]
    public void Read_ShellOfSalloc_IsNoRank() => Assert.Null(Read("SLURM_NTASKS=8 SLURM_JOB_ID=77"));

    [Fact]
    public void Read_TorchrunUnderMpirun_IsTorchruns()
        => Assert.Equal(3, Read("RANK=3 WORLD_SIZE=4 TORCHELASTIC_RUN_ID=x OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2")!.Rank);

    [Theory]
    [InlineData("RANK=3", "Expected the variable WORLD_SIZE beside RANK = 3, but it is not set.")]
    [InlineData("WORLD_SIZE=3", "Expected the variable RANK beside WORLD_SIZE = 3, but it is not set.")]
    [InlineData("RANK=3 WORLD_SIZE=3", "Expected the variable RANK to be below WORLD_SIZE = 3, but found 3.")]
    [InlineData("RANK=x WORLD_SIZE=3", "Expected the variable RANK to be a number from 0 on, but found 'x'.")]
    [InlineData("RANK=0 WORLD_SIZE=0", "Expected the variable WORLD_SIZE to be a number from 1 on, but found '0'.")]
    [InlineData("RANK=0 WORLD_SIZE=2 LOCAL_RANK=2 LOCAL_WORLD_SIZE=2", "Expected the local rank to be below the local world size 2, but torchrun says 2.")]
    [InlineData("RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=3", "Expected a local world size of at most the world size 2, but torchrun says 3.")]
    [InlineData("RANK=0 WORLD_SIZE=2 MASTER_PORT=70000", "Expected the port of rank 0 to be at most 65535, but found 70000.")]
    [InlineData("RANK=0 WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2", "Expected one launcher, but RANK and WORLD_SIZE say rank 0 of 2 while Open MPI says rank 1 of 2.")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_JOB_NODELIST=a[1", "Expected SLURM's list of hosts to close its brackets, but found 'a[1'.")]
    public void Read_HalfOrContradicting_SaysWhatIsWrong(string variables, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<LaunchException>(() => Read(variables)).Message, StringComparison.Ordinal);

    [Fact]
    public void Settle_OptionsWinOverVariables()
    {
        var place = GroupPlace.Settle(new() { Rank = 1, MasterPort = 5 }, Read("RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 MASTER_ADDR=here MASTER_PORT=6"), hasSecret: true);

        Assert.Equal((1, 2, "here", 5), (place.Rank, place.WorldSize, place.MasterAddress, place.MasterPort));
    }

    [Fact]
    public void Settle_OneHostWithoutSecret_MeetsOnTheLoopback()
        => Assert.Equal("127.0.0.1", GroupPlace.Settle(new(), Read("RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 MASTER_ADDR=here"), hasSecret: false).MasterAddress);

    [Theory]
    [InlineData("MASTER_ADDR=there MASTER_PORT=6", true, "there", 6)]
    [InlineData("MASTER_ADDR=there MASTER_PORT=6 MLP_GROUP_PORT=7 RANK=5 WORLD_SIZE=9", true, "there", 7)]
    [InlineData("MLP_GROUP_PORT=7", false, "127.0.0.1", 7)]
    [InlineData("MASTER_ADDR=here LOCAL_WORLD_SIZE=2", false, "127.0.0.1", 29500)]
    [InlineData("OMPI_COMM_WORLD_RANK=1", false, "127.0.0.1", 29500)]
    public void Settle_RankAndSizeInTheOptions_TakesTheRestFromVariables(string variables, bool hasSecret, string address, int port)
    {
        var place = GroupPlace.Settle(new() { Rank = 1, WorldSize = 2 }, null, hasSecret, Variables(variables));

        Assert.Equal(new GroupPlace(1, 2, address, port, ""), place);
        Assert.Equal(new GroupPlace(1, 2, "127.0.0.2", 5, ""), GroupPlace.Settle(new() { Rank = 1, WorldSize = 2, MasterAddress = "127.0.0.2", MasterPort = 5 }, null, hasSecret, Variables(variables)));
    }

    [Theory]
    [InlineData("MASTER_ADDR=there", "Expected a secret, as rank 0 waits at 'there', but found none")]
    [InlineData("MLP_GROUP_PORT=many", "Expected the variable MLP_GROUP_PORT to be a number from 1 on, but found 'many'.")]
    [InlineData("MASTER_PORT=70000", "Expected the port of rank 0 to be at most 65535, but found 70000.")]
    public void Settle_RankAndSizeInTheOptions_SaysWhatIsWrongWithVariables(string variables, string sentence)
        => Assert.StartsWith(
            sentence, Assert.Throws<LaunchException>(() => GroupPlace.Settle(new() { Rank = 1, WorldSize = 2 }, null, hasSecret: false, Variables(variables))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("RANK=0 WORLD_SIZE=4 LOCAL_WORLD_SIZE=2 MASTER_ADDR=there", "Expected a secret, as rank 0 waits at 'there', but found none")]
    [InlineData("RANK=0 WORLD_SIZE=4 LOCAL_WORLD_SIZE=2", "Expected the address of rank 0, as torchrun started ranks on several hosts, but found none.")]
    [InlineData("", "Expected RendezvousOptions.Rank, or a launcher's variables (RANK and its fellows), but found neither.")]
    public void Settle_WhatIsMissing_IsSaid(string variables, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<LaunchException>(() => GroupPlace.Settle(new(), Read(variables), hasSecret: false)).Message, StringComparison.Ordinal);

    private static LaunchEnvironment? Read(string variables) => LaunchEnvironment.Read(Variables(variables));

    private static Func<string, string?> Variables(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
        return name => values.GetValueOrDefault(name);
    }
}
