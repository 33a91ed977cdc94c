using Mlp.Training.Networks.Interop;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>Adam and AdamW over flat memory.</summary>
internal sealed class FlatAdam(FlatParameters parameters, OptimizerOptions options, double weightDecay, bool isNative, Range range)
    : FlatOptimizer(parameters, weightDecay, isNative, range, "mean", "square")
{
    private readonly Tensor _step = torch.zeros([1], torch.float32, parameters.Device.Torch).DetachFromDisposeScope();
    private readonly bool _isHost = parameters.Device.IsHost;
    private readonly (bool IsDecoupled, double Beta1, double Beta2, double Epsilon) _options = (options.Kind == OptimizerKind.AdamW, options.Beta1, options.Beta2, options.Epsilon);

    public override void Dispose()
    {
        base.Dispose();
        _step.Dispose();
    }

    protected override void Step(Group group, double learningRate)
    {
        var rates = new AdamRates(learningRate, _options.Beta1, _options.Beta2, group.WeightDecay, _options.Epsilon);
        if (IsNative)
        {
            if (_isHost)
            {
                FlatParameters.Floats(_step)[0] = StepCount;
            }
            else
            {
                _step.fill_(StepCount);
            }

            FusedOptimizers.Adam(_options.IsDecoupled, group.Weights, group.Gradients, group.States[0], group.States[1], _step, rates);
        }
        else
        {
            FlatKernels.Adam(
                _options.IsDecoupled,
                FlatParameters.Floats(group.Weights),
                FlatParameters.Floats(group.Gradients),
                FlatParameters.Floats(group.States[0]),
                FlatParameters.Floats(group.States[1]),
                StepCount,
                rates);
        }
    }
}
