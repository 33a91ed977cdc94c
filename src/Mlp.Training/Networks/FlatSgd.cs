using Mlp.Training.Networks.Interop;

namespace Mlp.Training.Networks;

/// <summary>Stochastic gradient descent over flat memory.</summary>
internal sealed class FlatSgd(FlatParameters parameters, OptimizerOptions options, double weightDecay, bool isNative, Range range)
    : FlatOptimizer(parameters, weightDecay, isNative, range, options.Momentum > 0 ? ["momentum"] : [])
{
    private readonly (double Momentum, bool IsNesterov) _options = (options.Momentum, options.Nesterov);

    protected override void Step(Group group, double learningRate)
    {
        var rates = new SgdRates(learningRate, _options.Momentum, _options.IsNesterov, group.WeightDecay);
        var momentum = group.States.Count > 0 ? group.States[0] : null;
        if (IsNative)
        {
            FusedOptimizers.Sgd(group.Weights, group.Gradients, momentum, StepCount == 1, rates);
        }
        else
        {
            FlatKernels.Sgd(
                FlatParameters.Floats(group.Weights),
                FlatParameters.Floats(group.Gradients),
                momentum is null ? [] : FlatParameters.Floats(momentum),
                StepCount == 1,
                rates);
        }
    }
}
