using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

public sealed class TrainingLoopTests
{
    public TrainingLoopTests() => Torch.EnsureLoaded();

    [Fact]
    public void RunEpoch_LossLeavesTheNumbers_NamesEpochAndStep()
    {
        var settings = Settings(batchSize: 4);
        using var network = new FeedForwardNetwork(1, settings, 1, 0);
        using var loop = new TrainingLoop(network, settings, Encoded([.. Enumerable.Repeat(float.NaN, 8)]), new float[8], 8);

        var error = Assert.Throws<TrainingDivergedException>(() => loop.RunEpoch(3, CancellationToken.None));

        Assert.Equal((3, 1), (error.Epoch, error.Step));
        Assert.Equal(
            "Expected a finite loss, but it left the numbers in epoch 3, step 1: try a learning rate below 0.001, or look for extreme labels.", error.Message);
    }

    [Theory]
    [InlineData(2, 256)]
    [InlineData(3, 2)]
    [InlineData(257, 256)]
    [InlineData(9, 4)]
    public void RunEpoch_AnyNumberOfRows_NeverMakesAStepOfOneRow(int rows, int batchSize)
    {
        // BatchNorm throws on a single row.
        var settings = Settings(batchSize);
        using var network = new FeedForwardNetwork(1, settings, 1, 0);
        using var loop = new TrainingLoop(
            network, settings, Encoded([.. Enumerable.Range(0, rows).Select(i => (float)i / rows)]), [.. Enumerable.Range(0, rows).Select(i => (float)(i % 2))], rows);

        Assert.InRange(loop.RunEpoch(1, CancellationToken.None), 0.01, 10);
    }

    [Fact]
    public void RunEpoch_ManySteps_KeepNoTensorsAlive()
    {
        var settings = Settings(batchSize: 8);
        using var network = new FeedForwardNetwork(1, settings, 1, 0);
        using var loop = new TrainingLoop(
            network, settings, Encoded([.. Enumerable.Range(0, 64).Select(i => i / 64f)]), [.. Enumerable.Range(0, 64).Select(i => (float)(i % 2))], 64);
        loop.RunEpoch(1, CancellationToken.None);
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        loop.RunEpoch(2, CancellationToken.None);

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static EncodedRows Encoded(float[] column) => new(column.Length, column, 1, [], 0, 1);

    private static FeedForwardSettings Settings(int batchSize)
        => FeedForwardSettings.From(new FeedForwardOptions { HiddenLayers = [4], BatchSize = batchSize });
}
