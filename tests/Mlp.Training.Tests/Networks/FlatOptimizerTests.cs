using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Interop;
using TorchSharp;

namespace Mlp.Training.Tests.Networks;

public sealed class FlatOptimizerTests
{
    private const int Steps = 30;
    private const int Inputs = 7;
    private const int Outputs = 5;

    public FlatOptimizerTests() => Torch.EnsureLoaded();

    public static TheoryData<OptimizerKind, double, bool, double, bool> Cases => new()
    {
        { OptimizerKind.AdamW, 0, false, 0.1, true },
        { OptimizerKind.AdamW, 0, false, 0.1, false },
        { OptimizerKind.Adam, 0, false, 0.1, true },
        { OptimizerKind.Adam, 0, false, 0, true },
        { OptimizerKind.Sgd, 0, false, 0.1, true },
        { OptimizerKind.Sgd, 0.9, false, 0.1, true },
        { OptimizerKind.Sgd, 0.9, true, 0.1, false },
    };

    [Fact]
    public void IsAvailable_OnThisHost_IsTrue() => Assert.True(TorchAbi.IsAvailable && Autocast.IsAvailable);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_ManySteps_AgreesWithTorchSharpAndWithTheManagedKernel(OptimizerKind kind, double momentum, bool nesterov, double decay, bool decaysVectors)
    {
        var options = new OptimizerOptions { Kind = kind, Momentum = momentum, Nesterov = nesterov, DecayBiasesAndNorms = decaysVectors };

        var native = Run(options, decay, isNative: true);
        var managed = Run(options, decay, isNative: false);
        var reference = Reference(options, decay);

        for (var i = 0; i < reference.Length; i++)
        {
            Assert.Equal(reference[i], native[i], 2e-6f);
            Assert.Equal(reference[i], managed[i], 2e-6f);
        }
    }

    [Fact]
    public void Call_UnknownOperator_IsRefused()
    {
        var error = Assert.Throws<InvalidOperationException>(() => TorchAbi.Call("aten::no_such_operator\0"u8, []));

        Assert.Equal("Expected libtorch to run aten::no_such_operator, but it refused: its reason is on the standard error.", error.Message);
    }

    private static float[] Run(OptimizerOptions options, double decay, bool isNative)
    {
        using var network = new LinearNetwork(Inputs, Outputs, Weights());
        using var parameters = new FlatParameters(network, options.DecayBiasesAndNorms);
        using var optimizer = FlatOptimizer.Create(parameters, options, decay, isNative);
        for (var step = 0; step < Steps; step++)
        {
            parameters.ClearGradients();
            Backward(network, step);
            optimizer.Step(0.01);
        }

        return [.. network.Weight, .. network.Bias];
    }

    private static float[] Reference(OptimizerOptions options, double decay)
    {
        using var network = new LinearNetwork(Inputs, Outputs, Weights());
        var (weight, bias) = (network.Parameters[1].Value, network.Parameters[0].Value);
        var biasDecay = options.DecayBiasesAndNorms ? decay : 0;
        using var first = New(weight, decay);
        using var second = New(bias, biasDecay);
        for (var step = 0; step < Steps; step++)
        {
            first.zero_grad();
            second.zero_grad();
            Backward(network, step);
            first.step();
            second.step();
        }

        return [.. network.Weight, .. network.Bias];

        torch.optim.Optimizer New(TorchSharp.Modules.Parameter parameter, double weightDecay) => options.Kind switch
        {
            OptimizerKind.AdamW => torch.optim.AdamW([parameter], 0.01, weight_decay: weightDecay),
            OptimizerKind.Adam => torch.optim.Adam([parameter], 0.01, weight_decay: weightDecay),
            _ => torch.optim.SGD([parameter], 0.01, options.Momentum, weight_decay: weightDecay, nesterov: options.Nesterov),
        };
    }

    private static void Backward(LinearNetwork network, int step)
    {
        using var scope = torch.NewDisposeScope();
        var random = new SeededRandom((ulong)step);
        var rows = torch.tensor(Enumerable.Range(0, 4 * Inputs).Select(_ => (float)random.NextDouble() - 0.4f).ToArray(), [4, Inputs]);
        network.Forward(rows, null).sub(1).pow(2).mean().backward();
    }

    private static float[] Weights() => [.. Enumerable.Range(0, Inputs * Outputs).Select(i => ((i * 37 % 11) - 5) / 10f)];
}
