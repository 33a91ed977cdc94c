using System.Runtime.InteropServices;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Weights;

/// <summary>Weights and buffers of a network as a safetensors file, under the names that PyTorch's <c>state_dict</c> gives them.</summary>
internal static class NetworkWeightFile
{
    /// <summary>Writes all weights and buffers.</summary>
    /// <param name="network">The network.</param>
    /// <param name="path">The file; the directory exists.</param>
    /// <param name="type">How numbers are stored.</param>
    /// <param name="metadata">Texts for the file; null for none.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced.</param>
    /// <exception cref="FileWriteException">The path is taken, or the operating system refused.</exception>
    public static void Save(TrainableNetwork network, string path, SafetensorsType type = SafetensorsType.F32, IReadOnlyDictionary<string, string>? metadata = null, bool overwrite = false)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, tensor) in StateOf(network))
        {
            if (tensor.dtype == torch.int64)
            {
                writer.Add(name, MemoryMarshal.Cast<byte, long>(tensor.bytes).ToArray(), tensor.shape);
            }
            else
            {
                writer.Add(name, MemoryMarshal.Cast<byte, float>(tensor.bytes).ToArray(), tensor.shape, type);
            }
        }

        foreach (var (name, value) in metadata ?? new Dictionary<string, string>())
        {
            writer.AddMetadata(name, value);
        }

        writer.Write(path, overwrite);
    }

    /// <summary>Reads all weights and buffers. Nothing is changed unless the file has exactly the network's tensors.</summary>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">The file is damaged, a tensor is missing, unknown, or of another shape or kind.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    public static void Load(TrainableNetwork network, string path)
    {
        using var file = SafetensorsFile.Open(path);
        var state = StateOf(network).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            if (!state.TryGetValue(tensor.Name, out var own))
            {
                throw Refuse(path, tensor.Name, $"only tensors of the network, but found '{tensor.Name}', which it does not have");
            }

            if (!tensor.Shape.SequenceEqual(own.shape))
            {
                throw Refuse(path, tensor.Name, $"tensor '{tensor.Name}' of shape ({string.Join(", ", own.shape)}), but found ({string.Join(", ", tensor.Shape)})");
            }

            if (tensor.Type == SafetensorsType.I64 != (own.dtype == torch.int64))
            {
                throw Refuse(path, tensor.Name, $"tensor '{tensor.Name}' to hold {(own.dtype == torch.int64 ? "integers" : "floating-point numbers")}, but found {tensor.Type}");
            }
        }

        if (state.Keys.Except(file.Tensors.Select(t => t.Name), StringComparer.Ordinal).FirstOrDefault() is { } missing)
        {
            throw Refuse(path, missing, $"tensor '{missing}' of the network, but found no such tensor");
        }

        // All are read before the first is written, so that a file that ends early leaves the network as it was.
        var bytes = file.Tensors.ToDictionary(
            t => t.Name,
            t => (t.Type == SafetensorsType.I64 ? MemoryMarshal.AsBytes(file.ReadIntegers(t.Name).AsSpan()) : MemoryMarshal.AsBytes(file.ReadFloats(t.Name).AsSpan())).ToArray(),
            StringComparer.Ordinal);
        foreach (var (name, own) in state)
        {
            bytes[name].CopyTo(own.bytes);
        }
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> StateOf(TrainableNetwork network)
        => [.. network.Parameters.Select(p => KeyValuePair.Create(p.Key, (Tensor)p.Value)), .. network.Buffers];

    private static WeightFileException Refuse(string path, string tensor, string difference) => new($"Expected {difference} (safetensors file '{path}').", path, tensor);
}
