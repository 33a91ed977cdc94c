using Mlp.Training.Interop;
using Mlp.Training.Networks;
using TorchSharp;

namespace Mlp.Training.Tests.Networks;

public sealed class FlatParametersTests
{
    public FlatParametersTests() => Torch.EnsureLoaded();

    [Fact]
    public void Constructor_Parameters_KeepTheirValuesAndMoveIntoFlatMemory()
    {
        using var network = new LinearNetwork(2, 1, 3, 4);
        using var parameters = new FlatParameters(network, decaysVectors: false);

        Assert.Equal([3f, 4f], network.Weight.ToArray());
        parameters.WeightValues[0] = 9;
        Assert.Equal([9f, 4f], network.Weight.ToArray());
        Assert.Equal(16, parameters.DecayedLength);
        Assert.Equal(32, parameters.Length);
        Assert.Equal("0.bias", parameters.NameAt(16));
    }

    [Fact]
    public void Backward_Gradients_AreWrittenIntoFlatMemoryAndAddUp()
    {
        using var network = new LinearNetwork(2, 1, 3, 4);
        using var parameters = new FlatParameters(network, decaysVectors: false);
        using var rows = torch.tensor(new float[] { 5, 7 }, [1, 2]);

        for (var i = 1; i <= 2; i++)
        {
            using var scope = torch.NewDisposeScope();
            network.Forward(rows, null).sum().backward();
            parameters.ThrowIfMoved();
            Assert.Equal([5f * i, 7f * i, 1f * i], [parameters.GradientValues[0], parameters.GradientValues[1], parameters.GradientValues[16]]);
        }

        parameters.ClearGradients();
        Assert.Equal(0, FlatKernels.Norm(parameters.GradientValues));
    }

    [Fact]
    public void ThrowIfMoved_GradientWasReplaced_NamesTheParameter()
    {
        using var network = new LinearNetwork(2, 1, 3, 4);
        using var parameters = new FlatParameters(network, decaysVectors: false);
        using var other = torch.zeros(1, 2);
        network.Parameters[1].Value.grad = other;

        var error = Assert.Throws<InvalidOperationException>(parameters.ThrowIfMoved);

        Assert.StartsWith("Expected parameter '0.weight' and its gradient to stay", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_Network_KeepsItsWeights()
    {
        using var network = new LinearNetwork(2, 1, 3, 4);
        new FlatParameters(network, decaysVectors: true).Dispose();

        Assert.Equal([3f, 4f], network.Weight.ToArray());
    }
}
