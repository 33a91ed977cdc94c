using Mlp.Training.Networks.Interop;
using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Networks;

// What is done to all gradients: by kernels of this library over memory of the host, by libtorch where the memory is a GPU's.
internal sealed partial class FlatParameters
{
    // As much is held in float64 at once, for a norm as exact as the kernels'.
    private const int NormChunk = 1 << 24;

    /// <summary>Begins a step.</summary>
    public void ClearGradients()
    {
        if (Device.IsHost)
        {
            GradientValues.Clear();
        }
        else
        {
            Gradients.zero_();
        }
    }

    /// <summary>Multiplies gradients by a number.</summary>
    public void ScaleGradients(float factor)
    {
        if (Device.IsHost)
        {
            FlatKernels.Scale(GradientValues, factor);
        }
        else
        {
            Gradients.mul_(factor);
        }
    }

    /// <summary>Brings gradients between −limit and limit.</summary>
    public void ClampGradients(float limit)
    {
        if (Device.IsHost)
        {
            FlatKernels.Clamp(GradientValues, limit);
        }
        else
        {
            Gradients.clamp_(-limit, limit);
        }
    }

    /// <summary>Euclidean norm of the gradients.</summary>
    public double GradientNorm()
    {
        if (Device.IsHost)
        {
            return FlatKernels.Norm(GradientValues);
        }

        using var scope = torch.NewDisposeScope();
        var sum = torch.zeros([], torch.float64, Device.Torch);
        for (long start = 0; start < Length; start += NormChunk)
        {
            sum.add_(Gradients.narrow(0, start, Math.Min(NormChunk, Length - start)).to(torch.float64).square().sum());
        }

        return Math.Sqrt(sum.item<double>());
    }

    /// <summary>Place of the first gradient that is no number; -1 for none.</summary>
    public int IndexOfNonFiniteGradient()
    {
        if (Device.IsHost)
        {
            return FlatKernels.IndexOfNonFinite(GradientValues);
        }

        using var copy = Gradients.cpu();
        return FlatKernels.IndexOfNonFinite(Floats(copy));
    }

    private void TakeOver(Parameter parameter, int offset, int size)
    {
        using var place = Weights.narrow(0, offset, size);
        if (Device.IsHost)
        {
            Floats(parameter).CopyTo(WeightValues[offset..]);
        }
        else
        {
            place.copy_(parameter.detach().reshape(size));
        }
    }

    private bool IsInPlace(torch.Tensor tensor, torch.Tensor flat, int offset, int size)
    {
        if (Device.IsHost)
        {
            return Floats(tensor).Overlaps(Floats(flat).Slice(offset, size), out var shift) && shift == 0;
        }

        return TorchAbi.AddressOf(tensor) == TorchAbi.AddressOf(flat) + ((nint)offset * sizeof(float));
    }
}
