using Mlp.Training.Distributed.Scaling;

namespace Mlp.Training.Tests.Distributed.Scaling;

/// <summary>The simulator against closed forms.</summary>
public sealed class ScalingSimulatorTests
{
    private const long Bytes = 100_000_000;

    private static readonly ClusterDescription Cluster = new()
    {
        DevicesPerHost = 4,
        NetworkBytesPerSecond = 2e9,
        NetworkLatency = TimeSpan.FromMicroseconds(20),
        HostBytesPerSecond = 20e9,
        HostLatency = TimeSpan.FromMicroseconds(5),
    };

    public static TheoryData<ReductionModel> Models => new(ReductionModel.Ring, ReductionModel.Hierarchical);

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(512)]
    public void Predict_OneBucketWithoutOverlap_IsComputeAndTheRingFormula(int devices)
    {
        var step = Step(60, 120, (Bytes, 40));

        var prediction = ScalingSimulator.Predict(step, devices, Cluster, ReductionModel.Ring, overlaps: false);

        var ring = (2.0 * (devices - 1) / devices * Bytes / 2e9) + (2 * (devices - 1) * 20e-6);
        Assert.Equal(0.18 + ring, prediction.Step.TotalSeconds, 1e-6);
        Assert.Equal(0.18 / (0.18 + ring), prediction.Efficiency, 1e-6);
        Assert.Equal(prediction.Communication, prediction.Exposed);
    }

    [Theory]
    [InlineData(0, 0, 0, "Expected a device or more, but found 0.")]
    [InlineData(2, -1, 0, "Expected no byte or more, but found -1.")]
    [InlineData(2, 1, -5, "Expected no byte or more, but found -5.")]
    public void Arguments_OutOfRange_AreRefusedByASentence(int devices, long bytes, long fusion, string sentence)
        => Assert.StartsWith(
            sentence,
            Assert.Throws<ArgumentOutOfRangeException>(() =>
            {
                ScalingSimulator.Reduce(bytes, devices, Cluster, ReductionModel.Ring);
                ScalingSimulator.Predict(Step(60, 120, (Bytes, 40)), devices, Cluster, ReductionModel.Ring, fusionBytes: fusion);
            }).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Predict_HostsOfSeveralDevices_IsTheRingInTheHostAndThatAcross()
    {
        var prediction = ScalingSimulator.Predict(Step(60, 120, (Bytes, 40)), 32, Cluster, ReductionModel.Hierarchical, overlaps: false);

        var (inside, across) = ((1.5 * Bytes / 20e9) + (6 * 5e-6), (1.75 * Bytes / 2e9) + (14 * 20e-6));
        Assert.Equal(0.18 + inside + across, prediction.Step.TotalSeconds, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Predict_OneHost_IsTheRingInTheHost(ReductionModel model)
        => Assert.Equal((1.5 * Bytes / 20e9) + (6 * 5e-6), ScalingSimulator.Reduce(Bytes, 4, Cluster, model).TotalSeconds, 1e-6);

    [Theory]
    [MemberData(nameof(Models))]
    public void Predict_OneDevice_IsTheStep(ReductionModel model)
        => Assert.Equal(1, ScalingSimulator.Predict(Step(60, 120, (Bytes, 40)), 1, Cluster, model).Efficiency);

    [Theory]
    [MemberData(nameof(Models))]
    public void Predict_BandwidthWithoutEndAndNoLatency_IsAHundredPercent(ReductionModel model)
    {
        var cluster = Cluster with { NetworkBytesPerSecond = double.PositiveInfinity, HostBytesPerSecond = double.PositiveInfinity, NetworkLatency = TimeSpan.Zero, HostLatency = TimeSpan.Zero };

        Assert.Equal(1, ScalingSimulator.Predict(Step(60, 120, (Bytes, 40), (Bytes, 120)), 512, cluster, model).Efficiency);
    }

    [Fact]
    public void Predict_WithOverlap_OnlyWhatGoesPastTheBackwardPassCounts()
    {
        // Two buckets of 60 ms each on two hosts of one device: the first from 10 to 70 ms, the second, ready at 50, from 70 to 130 of a pass of 120.
        var cluster = Cluster with { DevicesPerHost = 1, NetworkLatency = TimeSpan.Zero };
        var prediction = ScalingSimulator.Predict(Step(60, 120, (120_000_000, 10), (120_000_000, 50)), 2, cluster, ReductionModel.Ring);

        Assert.Equal(10, prediction.Exposed.TotalMilliseconds, 1e-6);
        Assert.Equal(120, prediction.Communication.TotalMilliseconds, 1e-6);
        Assert.Equal(190, prediction.Step.TotalMilliseconds, 1e-6);
    }

    [Fact]
    public void Predict_Fusion_SparesTheLatencyOfWhatIsReadyTogether()
    {
        var step = Step(60, 120, (1_000_000, 100), (1_000_000, 110), (1_000_000, 115), (1_000_000, 120));
        var cluster = Cluster with { NetworkLatency = TimeSpan.FromMilliseconds(1) };

        var apart = ScalingSimulator.Predict(step, 32, cluster, ReductionModel.Ring);
        var together = ScalingSimulator.Predict(step, 32, cluster, ReductionModel.Ring, fusionBytes: 3_000_000);

        // 62 ms of latency a time: four times from 100 on, or once from 100 and once, for the other three, from then on.
        Assert.Equal((4 * 62) + (4 * 0.96875) - 20, apart.Exposed.TotalMilliseconds, 1e-3);
        Assert.Equal((2 * 62) + (4 * 0.96875) - 20, together.Exposed.TotalMilliseconds, 1e-3);
    }

    [Fact]
    public void Predict_MoreDevices_AreNeverMoreEfficient()
    {
        var step = Step(60, 120, (Bytes, 40), (Bytes, 100));
        var efficiencies = new[] { 8, 16, 32, 64, 128, 256, 512 }.Select(n => ScalingSimulator.Predict(step, n, Cluster, ReductionModel.Hierarchical).Efficiency).ToArray();

        Assert.Equal(efficiencies.OrderDescending(), efficiencies);
    }

    [Fact]
    public void FromLayers_LastLayersAreReadyFirst()
    {
        var step = StepProfile.FromLayers(TimeSpan.FromMilliseconds(300), [(10, 100), (0, 50), (30, 50)]);

        Assert.Equal((100.0, 200.0), (step.Forward.TotalMilliseconds, step.Backward.TotalMilliseconds));
        Assert.Equal([new GradientReady(30, TimeSpan.FromMilliseconds(50)), new GradientReady(10, TimeSpan.FromMilliseconds(200))], step.Gradients);
    }

    [Fact]
    public void Constructor_GradientAfterThePass_IsRefused()
        => Assert.Contains("in the order", Assert.Throws<ArgumentException>(() => Step(1, 10, (5, 11))).Message, StringComparison.Ordinal);

    [Fact]
    public void Reduce_ClusterWithoutBandwidth_IsRefused()
        => Assert.Throws<ArgumentException>(() => ScalingSimulator.Reduce(1, 8, new() { NetworkBytesPerSecond = 0 }, ReductionModel.Ring));

    private static StepProfile Step(double forward, double backward, params (long Bytes, double Milliseconds)[] gradients) => new(
        TimeSpan.FromMilliseconds(forward), TimeSpan.FromMilliseconds(backward), TimeSpan.Zero, [.. gradients.Select(g => new GradientReady(g.Bytes, TimeSpan.FromMilliseconds(g.Milliseconds)))]);
}
