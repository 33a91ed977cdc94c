using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Interop;

/// <summary>libtorch's optimizers that take a whole step in one pass over the memory, on flat tensors. They use libtorch's threads. Call only where <see cref="TorchAbi.IsAvailable"/>.</summary>
internal static class FusedOptimizers
{
    /// <summary>A step of AdamW, or of Adam, whose weight decay is part of the gradient.</summary>
    /// <param name="isDecoupled">AdamW.</param>
    /// <param name="weights">Moved.</param>
    /// <param name="gradients">Read.</param>
    /// <param name="mean">First moment; moved.</param>
    /// <param name="square">Second moment; moved.</param>
    /// <param name="step">One float32: the number of this step, from 1.</param>
    /// <param name="rates">How far.</param>
    public static void Adam(bool isDecoupled, Tensor weights, Tensor gradients, Tensor mean, Tensor square, Tensor step, in AdamRates rates)
        => TorchAbi.Call(
            isDecoupled ? "aten::_fused_adamw_\0"u8 : "aten::_fused_adam_\0"u8,
            [
                TorchAbi.OwnList(weights),
                TorchAbi.OwnList(gradients),
                TorchAbi.OwnList(mean),
                TorchAbi.OwnList(square),
                TorchAbi.OwnEmptyList(),
                TorchAbi.OwnList(step),
                TorchAbi.Double(rates.LearningRate),
                TorchAbi.Double(rates.Beta1),
                TorchAbi.Double(rates.Beta2),
                TorchAbi.Double(rates.WeightDecay),
                TorchAbi.Double(rates.Epsilon),
                TorchAbi.Bool(false),
                TorchAbi.Bool(false),
                0,
                0,
            ]);

    /// <summary>A step of stochastic gradient descent.</summary>
    /// <param name="weights">Moved.</param>
    /// <param name="gradients">Read.</param>
    /// <param name="momentum">The running gradient; moved. Null without momentum.</param>
    /// <param name="isFirst">Whether the running gradient begins with this step.</param>
    /// <param name="rates">How far.</param>
    public static void Sgd(Tensor weights, Tensor gradients, Tensor? momentum, bool isFirst, in SgdRates rates)
        => TorchAbi.Call(
            "aten::_fused_sgd_\0"u8,
            [
                TorchAbi.OwnList(weights),
                TorchAbi.OwnList(gradients),
                momentum is null ? TorchAbi.OwnEmptyList() : TorchAbi.OwnList(momentum),
                TorchAbi.Double(rates.WeightDecay),
                TorchAbi.Double(rates.Momentum),
                TorchAbi.Double(rates.LearningRate),
                TorchAbi.Double(0),
                TorchAbi.Bool(rates.IsNesterov),
                TorchAbi.Bool(false),
                TorchAbi.Bool(isFirst),
                0,
                0,
            ]);
}
