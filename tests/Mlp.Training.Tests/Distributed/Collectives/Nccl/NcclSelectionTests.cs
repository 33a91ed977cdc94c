using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Nccl;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>What is said where NCCL, CUDA or a GPU is missing.</summary>
public sealed class NcclSelectionTests
{
    [Fact]
    public void CreateOnGpus_NoLibraryOfThatName_SaysWhereItLooked()
    {
        var failure = Assert.Throws<GpuUnavailableException>(() => ProcessGroup.CreateOnGpus(null, new() { Nccl = new() { LibraryPath = "/no/such/libnccl.so" } }));

        Assert.Equal("Expected an NCCL library, but found none: looked for ncclGetVersion in '/no/such/libnccl.so'.", failure.Message);
    }

    [Fact]
    public void CreateOnGpus_LibraryThatIsNone_IsRefused()
    {
        var failure = Assert.Throws<GpuUnavailableException>(() => ProcessGroup.CreateOnGpus(null, new() { Nccl = new() { LibraryPath = "libc.so.6" } }));

        Assert.Contains("looked for ncclGetVersion in 'libc.so.6'", failure.Message, StringComparison.Ordinal);
    }

    [FakeGpusTheory]
    [InlineData(2804, "2.8.4")]
    [InlineData(20905, "2.9.5")]
    [InlineData(30001, "3.0.1")]
    public void CreateOnGpus_AnotherVersion_IsRefused(int version, string text)
    {
        using var gpus = new FakeGpus();
        gpus.Set("version", version);

        var failure = Assert.Throws<GpuUnavailableException>(() => gpus.Create(1));

        Assert.Equal($"Expected NCCL 2.10.3 or a newer 2.x, but '{gpus.LibraryPath}' is {text}.", failure.Message);
    }

    [FakeGpusFact]
    public void CreateOnGpus_NoCuda_SaysWhereItLooked()
    {
        using var gpus = new FakeGpus();

        var failure = Assert.Throws<GpuUnavailableException>(() => gpus.Create(1, o => o.Nccl.CudaLibraryPath = "/no/libcudart.so"));

        Assert.Equal("Expected a CUDA runtime library, but found none: looked for cudaGetDeviceCount in '/no/libcudart.so'.", failure.Message);
    }

    [FakeGpusFact]
    public void CreateOnGpus_NoGpu_SaysWhy()
    {
        using var gpus = new FakeGpus();
        gpus.Set("devices", 0);

        var failure = Assert.Throws<GpuUnavailableException>(() => gpus.Create(1));

        Assert.Equal("Expected a GPU, but none is visible: there is none, its driver is not loaded, or CUDA_VISIBLE_DEVICES hides it.", failure.Message);
    }

    [FakeGpusFact]
    public void CreateOnGpus_NumberThatThereIsNot_IsNamed()
    {
        using var gpus = new FakeGpus();
        gpus.Set("devices", 2);

        var failure = Assert.Throws<GpuUnavailableException>(() => gpus.Create(3));

        Assert.Equal("Expected GPUs of number 0 to 1, which are visible, but 2 was asked for.", failure.Message);
    }

    [FakeGpusFact]
    public void CreateOnGpus_OneTwice_IsRefused()
    {
        using var gpus = new FakeGpus();

        var failure = Assert.Throws<ArgumentException>(() => ProcessGroup.CreateOnGpus([1, 1], gpus.Configure(new())));

        Assert.StartsWith("Expected at least one GPU and each once, but found [1, 1].", failure.Message, StringComparison.Ordinal);
    }

    [FakeGpusFact]
    public async Task CreateOnGpus_NoNumbers_TakesAllThatAreVisible()
    {
        using var gpus = new FakeGpus();
        gpus.Set("devices", 3);

        var groups = ProcessGroup.CreateOnGpus(null, gpus.Configure(new()));

        Assert.Equal([0, 1, 2], groups.Select(g => ((NcclBackend)g.End).Device));
        Assert.All(groups, g => Assert.Equal(("nccl", 3), (g.Backend, g.WorldSize)));
        await LoopbackRanks.DisposeAsync(groups);
    }

    [FakeGpusFact]
    public void CreateOnGpus_CudaRefuses_SaysWhatItSaid()
    {
        using var gpus = new FakeGpus();
        gpus.Fail("ncclCommInitAll", 2);

        var failure = Assert.Throws<GpuUnavailableException>(() => gpus.Create(2));

        Assert.Equal("Expected a group of the GPUs of this process, but NCCL 2.21.5 reported 'unhandled system error' (2) in ncclCommInitAll.", failure.Message);
    }

    [Theory]
    [InlineData(null, null, 4, 0)]
    [InlineData(null, 3, 4, 3)]
    [InlineData(null, 3, 1, 0)]
    [InlineData(2, 3, 4, 2)]
    public void Choice_OfAProcess_IsTheOptionsElseTheLaunchers(int? asked, int? localRank, int visible, int expected) => Assert.Equal(expected, GpuChoice.Of(asked, localRank, visible));

    [Theory]
    [InlineData(4, null, "NcclOptions.Device is 4")]
    [InlineData(null, 5, "the number of the process on its host is 5")]
    public void Choice_NumberThatThereIsNot_SaysWhoseItIs(int? asked, int? localRank, string expected)
        => Assert.Equal($"Expected a GPU of number 0 to 3, which are visible, but {expected}.", Assert.Throws<GpuUnavailableException>(() => GpuChoice.Of(asked, localRank, 4)).Message);

    [FakeGpusFact]
    public async Task Connect_TwoRanksWithTheSameGpu_AreNamedBeforeNcclWaits()
    {
        using var gpus = new FakeGpus();
        var failure = await Assert.ThrowsAsync<CollectiveMismatchException>(() => LoopbackRanks.ConnectAsync(3, o => gpus.Configure(o).Nccl.Device = o.Rendezvous.Rank % 2));

        Assert.Equal(
            "Expected a GPU for each rank, but ranks 0 and 2 have the same, 0000:00:00.0: name them by NcclOptions.Device or LOCAL_RANK in group 'world'.",
            failure.Message);
        Assert.Equal(0, gpus.CallsOf("ncclCommInitRank"));
    }

    [FakeGpusTheory]
    [InlineData(120)]
    [InlineData(2000)]
    public async Task Connect_HostWithALongName_TellsItsGpusApart(int length)
    {
        using var gpus = new FakeGpus();
        gpus.Set("devices", 2);
        var port = LoopbackPorts.Take();
        Task<NcclBackend> ConnectAsync(int rank)
        {
            var options = gpus.Configure(LoopbackRanks.Options(rank, 2, port));
            options.Nccl.Device = rank;
            return NcclConnector.ConnectAsync(options.Validated(), null, new string('h', length), CancellationToken.None);
        }

        foreach (var end in await Task.WhenAll(ConnectAsync(0), ConnectAsync(1)))
        {
            await end.DisposeAsync();
        }
    }

    [FakeGpusFact]
    public async Task Connect_NcclNeverConnects_EndsInsideTheLimit()
    {
        using var gpus = new FakeGpus();
        gpus.Set("init_hangs", 1);
        var failure = await Assert.ThrowsAsync<CollectiveTimeoutException>(() => LoopbackRanks.ConnectAsync(2, o =>
        {
            gpus.Configure(o).Nccl.Device = o.Rendezvous.Rank;
            o.Rendezvous.Timeout = TimeSpan.FromSeconds(2);
        }));

        Assert.Equal("Expected NCCL to connect the GPUs of group 'world' within 2 s, but it did not: NCCL_DEBUG=INFO tells how far it came.", failure.Message);
    }
}
