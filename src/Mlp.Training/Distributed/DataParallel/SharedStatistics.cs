using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// Mean and variance of each channel over the rows of all replicas, with their gradients: what BatchNorm computes of the whole batch. All replicas run the same layers in the same order. For one
/// thread.
/// </summary>
/// <param name="group">Adds up; nothing else travels by it.</param>
internal sealed class SharedStatistics(ProcessGroup group)
{
    private ExceptionDispatchInfo? _failure;

    /// <summary>Normalises a batch: (x − mean) / √(variance + epsilon).</summary>
    /// <param name="x">Shape (rows, channels, ...), float32.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>The normalised rows, the mean, and the unbiased variance (divided by n − 1), which has no gradient.</returns>
    public (Tensor Normalised, Tensor Mean, Tensor Variance) Normalise(Tensor x, double epsilon)
    {
        var channels = x.shape[1];
        long[] others = [0, .. Enumerable.Range(2, (int)x.dim() - 2).Select(d => (long)d)];
        long[] spread = [1, channels, .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
        var sums = Sum(torch.cat([x.sum(others).to(torch.float64), torch.full(1, x.numel() / channels, torch.float64, x.device)]));
        var count = sums.narrow(0, channels, 1).item<double>();
        var mean = sums.narrow(0, 0, channels).div(count);
        var centred = x.sub(mean.to(torch.float32).view(spread));
        var variance = Sum(centred.square().sum(others).to(torch.float64)).div(count);
        var normalised = centred.mul(variance.add(epsilon).rsqrt().to(torch.float32).view(spread));
        return (normalised, mean.detach(), variance.detach().mul(count / Math.Max(1, count - 1)));
    }

    /// <summary>Throws what has happened in a backward pass, from which no exception may come.</summary>
    public void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    private Tensor Sum(Tensor values) => SumOverReplicas.apply(values, this);

    private Tensor Reduce(Tensor values, string what)
    {
        var sums = values.detach().contiguous().clone().cpu();
        group.AllReduce(MemoryMarshal.Cast<byte, double>(sums.bytes), ReduceOperation.Sum, what);
        return sums.to(values.device);
    }

    // What a replica adds to a sum moves the losses of all, so the gradient is summed as the values are.
    private sealed class SumOverReplicas : torch.autograd.SingleTensorFunction<SumOverReplicas>
    {
        public override string Name => nameof(SumOverReplicas);

        public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data(nameof(SharedStatistics), vars[1]);
            return ((SharedStatistics)vars[1]).Reduce((Tensor)vars[0], "batch statistics");
        }

        [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown after the backward pass.")]
        public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
        {
            var statistics = (SharedStatistics)ctx.get_data(nameof(SharedStatistics));
            try
            {
                return [statistics.Reduce(grad_output, "gradients of batch statistics"), null!];
            }
            catch (Exception e)
            {
                statistics._failure ??= ExceptionDispatchInfo.Capture(e);
                return [torch.zeros_like(grad_output), null!];
            }
        }
    }
}
