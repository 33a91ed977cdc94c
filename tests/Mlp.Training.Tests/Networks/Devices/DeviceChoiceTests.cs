using Mlp.Training.Networks;
using Mlp.Training.Networks.Devices;

namespace Mlp.Training.Tests.Networks.Devices;

/// <summary>Which device a replica gets, and what is said where there is none.</summary>
public sealed class DeviceChoiceTests
{
    [Theory]
    [InlineData("cpu", 2, null, true, 4, "host host")]
    [InlineData("auto", 1, null, false, 0, "host")]
    [InlineData("auto", 1, null, true, 0, "host")]
    [InlineData("auto", 3, null, true, 2, "host host host")]
    [InlineData("auto", 2, null, true, 2, "0 1")]
    [InlineData("cuda", 1, null, true, 4, "0")]
    [InlineData("cuda", 3, null, true, 4, "0 1 2")]
    [InlineData("cuda", 1, 3, true, 4, "3")]
    [InlineData("cuda", 1, 3, true, 1, "0")]
    [InlineData("cuda:2", 1, 1, true, 4, "2")]
    public void Of_WhatThereIs_GivesEachReplicaItsDevice(string text, int replicas, int? localRank, bool hasCuda, int count, string expected)
        => Assert.Equal(expected, string.Join(' ', DeviceChoice.Of(text, replicas, localRank, new Gpus(hasCuda, count)).Select(d => d.Gpu is { } n ? $"{n}" : "host")));

    [Theory]
    [InlineData("cuda", 1, null, false, 0, "Expected device 'cuda', but libtorch here has no CUDA: take the package TorchSharp-cuda-linux in place of libtorch-cpu-linux-x64, or ask for 'auto'.")]
    [InlineData("cuda:1", 1, null, true, 0, "Expected device 'cuda:1', but no GPU is visible: there is none, its driver is not loaded, or CUDA_VISIBLE_DEVICES hides it. Ask for 'auto' to train on the processor then.")]
    [InlineData("cuda:4", 1, null, true, 4, "Expected device 'cuda:4' among the 4 GPUs that are visible, which are 'cuda:0' to 'cuda:3'.")]
    [InlineData("cuda", 3, null, true, 2, "Expected a GPU for each of 3 replicas, but 2 are visible: take fewer, or set DataParallelOptions.ReplicaPerGpu.")]
    [InlineData("cuda", 1, 5, true, 2, "Expected a GPU for process 5 of this host, but only 2 are visible.")]
    public void Of_WhatThereIsNot_IsASentence(string text, int replicas, int? localRank, bool hasCuda, int count, string expected)
        => Assert.Equal(expected, Assert.Throws<GpuUnavailableException>(() => DeviceChoice.Of(text, replicas, localRank, new Gpus(hasCuda, count))).Message);

    [Theory]
    [InlineData("cuda", true, 4, 4)]
    [InlineData("auto", true, 2, 2)]
    [InlineData("auto", false, 0, 1)]
    [InlineData("auto", true, 0, 1)]
    public void ReplicasOf_WhatThereIs_IsOneForEachGpu(string text, bool hasCuda, int count, int expected) => Assert.Equal(expected, DeviceChoice.ReplicasOf(text, new Gpus(hasCuda, count)));

    [Theory]
    [InlineData("cpu", true)]
    [InlineData("cuda:0", true)]
    [InlineData("cuda:1023", true)]
    [InlineData("cuda:1024", false)]
    [InlineData("cuda:-1", false)]
    [InlineData("cuda:", false)]
    [InlineData("gpu", false)]
    [InlineData("CUDA", false)]
    [InlineData(null, false)]
    public void IsKnown_AText_TellsDevicesFromOthers(string? text, bool expected) => Assert.Equal(expected, DeviceChoice.IsKnown(text));

    public static TheoryData<Action<NetworkOptions>, string> Contradictions => new()
    {
        { o => o.Device = "gpu", "NetworkOptions.Device must be 'cpu', 'cuda', 'cuda:0' to 'cuda:1023' or 'auto', but is 'gpu'." },
        { o => (o.Device, o.DataParallel.Replicas) = ("cuda:1", 2), "NetworkOptions.Device must name no number where 2 replicas take a GPU each, but is 'cuda:1'." },
        { o => o.DataParallel.ReplicaPerGpu = true, "NetworkOptions.DataParallel.ReplicaPerGpu must be false but for 1 replica, no Group, and the Device 'cuda' or 'auto', but is true for 1 and 'cpu'." },
        { o => (o.Device, o.DataParallel.Replicas, o.DataParallel.ShardOptimizer) = ("auto", 2, true), "NetworkOptions.DataParallel.ShardOptimizer must be false but for the Device 'cpu', but is true for 'auto'." },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Trainer_SettingsThatContradict_AreRefused(Action<NetworkOptions> change, string expected)
    {
        var options = new NetworkOptions();
        change(options);

        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message, StringComparison.Ordinal);
    }

    private sealed record Gpus(bool HasCuda, int Count) : IGpuInventory;
}
