using System.Runtime.InteropServices;
using Mlp.Training.Networks.Devices;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>A copy of all weights and buffers of a network in managed memory. Not thread-safe.</summary>
internal sealed class NetworkWeights
{
    /// <summary>Copies a network.</summary>
    /// <param name="parameters">Its weights.</param>
    /// <param name="buffers">Its buffers.</param>
    public NetworkWeights(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers)
    {
        Weights = new float[parameters.Length];
        Buffers = [.. buffers.Select(b => new byte[b.Value.numel() * b.Value.element_size()])];
        Take(parameters, buffers);
    }

    /// <summary>All weights, as they lie in the flat memory.</summary>
    public float[] Weights { get; }

    /// <summary>The bytes of each buffer.</summary>
    public IReadOnlyList<byte[]> Buffers { get; }

    /// <summary>Takes the network's values.</summary>
    public void Take(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers)
    {
        parameters.Device.Read(parameters.Weights, MemoryMarshal.AsBytes(Weights.AsSpan()));
        for (var i = 0; i < buffers.Count; i++)
        {
            parameters.Device.Read(buffers[i].Value, Buffers[i]);
        }
    }

    /// <summary>Gives the network these values.</summary>
    public void Give(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers)
    {
        parameters.Device.Write(MemoryMarshal.AsBytes(Weights.AsSpan()), parameters.Weights);
        for (var i = 0; i < buffers.Count; i++)
        {
            parameters.Device.Write(Buffers[i], buffers[i].Value);
        }
    }

    /// <summary>Moves these values towards the network's: x ← x + (1 − decay) · (network − x). Buffers that are no float32 are taken as they are.</summary>
    public void Average(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers, float decay)
    {
        Average(Weights, parameters.Weights, parameters.Device, decay);
        for (var i = 0; i < buffers.Count; i++)
        {
            if (buffers[i].Value.dtype == torch.float32)
            {
                Average(MemoryMarshal.Cast<byte, float>(Buffers[i].AsSpan()), buffers[i].Value, parameters.Device, decay);
            }
            else
            {
                parameters.Device.Read(buffers[i].Value, Buffers[i]);
            }
        }
    }

    private static void Average(Span<float> average, Tensor values, TrainingDevice device, float decay)
    {
        if (device.IsHost)
        {
            FlatKernels.Average(average, FlatParameters.Floats(values), decay);
            return;
        }

        using var copy = values.detach().cpu();
        FlatKernels.Average(average, FlatParameters.Floats(copy), decay);
    }
}
