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
        Buffers = [.. buffers.Select(b => new byte[b.Value.bytes.Length])];
        Take(parameters, buffers);
    }

    /// <summary>All weights, as they lie in the flat memory.</summary>
    public float[] Weights { get; }

    /// <summary>The bytes of each buffer.</summary>
    public IReadOnlyList<byte[]> Buffers { get; }

    /// <summary>Takes the network's values.</summary>
    public void Take(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers)
    {
        parameters.WeightValues.CopyTo(Weights);
        for (var i = 0; i < buffers.Count; i++)
        {
            buffers[i].Value.bytes.CopyTo(Buffers[i]);
        }
    }

    /// <summary>Gives the network these values.</summary>
    public void Give(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers)
    {
        Weights.CopyTo(parameters.WeightValues);
        for (var i = 0; i < buffers.Count; i++)
        {
            Buffers[i].CopyTo(buffers[i].Value.bytes);
        }
    }

    /// <summary>Moves these values towards the network's: x ← x + (1 − decay) · (network − x). Buffers that are no float32 are taken as they are.</summary>
    public void Average(FlatParameters parameters, IReadOnlyList<KeyValuePair<string, Tensor>> buffers, float decay)
    {
        FlatKernels.Average(Weights, parameters.WeightValues, decay);
        for (var i = 0; i < buffers.Count; i++)
        {
            if (buffers[i].Value.dtype == torch.float32)
            {
                FlatKernels.Average(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Buffers[i].AsSpan()), FlatParameters.Floats(buffers[i].Value), decay);
            }
            else
            {
                buffers[i].Value.bytes.CopyTo(Buffers[i]);
            }
        }
    }
}
