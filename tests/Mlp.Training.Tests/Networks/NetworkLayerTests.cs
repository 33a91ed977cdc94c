using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class NetworkLayerTests
{
    [Fact]
    public void Fold_NormalisationAfterLinear_GivesOneLayerWithTheSameOutput()
    {
        // Unit 0: (2x + 1 − 3) / √(4 − ε + ε) · 5 + 7 = 5x + 2; unit 1: (−x + 0 − 0) / 1 · 1 + 0 = −x.
        var linear = new NetworkLayer.Linear([2f, -1f], [1f, 0f]);
        var norm = new NetworkLayer.BatchNorm([5f, 1f], [7f, 0f], [3f, 0f], [3.5f, 0.5f], 0.5);

        var folded = linear.Fold(norm);

        Assert.Equal([5f, -1f], folded.Weight);
        Assert.Equal([2f, 0f], folded.Bias);
        Assert.Equal((1, 2), (folded.Inputs, folded.Outputs));
    }
}
