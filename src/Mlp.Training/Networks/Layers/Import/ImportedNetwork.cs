using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>An application's own TorchSharp <c>Sequential</c> as a definition with its weights. Immutable: weights are copies.</summary>
public sealed class ImportedNetwork
{
    /// <summary>The difference above which an export is refused.</summary>
    private const double Limit = 1e-4;

    private const string ModuleName = "module";

    private const string ModulePrefix = ModuleName + ".";

    private readonly Func<Tensor, Tensor> _forward;

    private ImportedNetwork(IReadOnlyList<LayerDefinition> layers, IReadOnlyDictionary<string, float[]> weights, Func<Tensor, Tensor> forward)
        => (Layers, Weights, _forward) = (layers, weights, forward);

    /// <summary>Its layers, under the names that the module gives them.</summary>
    public IReadOnlyList<LayerDefinition> Layers { get; }

    /// <summary>Weights and running statistics by name, for example <c>0.weight</c>, row-major.</summary>
    public IReadOnlyDictionary<string, float[]> Weights { get; }

    /// <summary>Reads a module.</summary>
    /// <param name="module">The module: float32 on the processor, made of layers that TorchSharp describes. It stays the caller's, and is used again by <see cref="ToOnnx"/>.</param>
    /// <exception cref="NetworkDefinitionException">A layer is of a kind, or has a setting, that cannot be known or exported; the message names it.</exception>
    public static ImportedNetwork Read(Sequential module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var weights = new Dictionary<string, float[]>(StringComparer.Ordinal);
        var tensors = module.named_parameters().Select(p => (p.name, Tensor: (Tensor)p.parameter)).Concat(module.named_buffers().Select(b => (b.name, Tensor: b.buffer)));
        foreach (var (name, tensor) in tensors)
        {
            if (tensor.dtype == torch.float32 && tensor.device_type == DeviceType.CPU)
            {
                weights[name] = MemoryMarshal.Cast<byte, float>(tensor.contiguous().bytes).ToArray();
            }
            else if (tensor.dtype != torch.int64)
            {
                throw new NetworkDefinitionException($"Expected the weight '{name}' to be float32 on the processor, but found {tensor.dtype} on {tensor.device}.", name);
            }
        }

        return new(ModuleReader.ReadAll(module, string.Empty), weights, module.forward);
    }

    /// <summary>
    /// Writes the network as an ONNX file with an input <c>input</c> and an output <c>output</c>, and proves it: ONNX Runtime computes the sample, and the file is refused where it
    /// differs from the module by more than 0.0001 · max(1, |module|).
    /// </summary>
    /// <param name="sample">Rows as the module takes them, float32 on the processor: shape (rows, ...). The number of rows of the file's input is open.</param>
    /// <param name="opset">Version of ONNX's operators, 17 to 23.</param>
    /// <exception cref="NetworkDefinitionException">The layers do not fit the sample, or the file computes something else.</exception>
    /// <exception cref="ArgumentException">The sample has no rows or is of another type.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with ONNX Runtime's native library.</exception>
    public byte[] ToOnnx(Tensor sample, int opset = OnnxGraphBuilder.DefaultOpset)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sample.dtype != torch.float32 || sample.dim() < 2 || sample.shape[0] < 1)
        {
            throw new ArgumentException($"Expected float32 rows of shape (rows, ...), but found {sample.dtype} of shape ({string.Join(", ", sample.shape)}).", nameof(sample));
        }

        int[] sizes = [.. sample.shape.Skip(1).Select(s => checked((int)s))];
        var definition = Definition(sizes);
        var width = sizes.Aggregate(1, (product, size) => checked(product * size));
        var outputs = OutputsOf(definition, width);
        using var network = LayeredNetwork.Build(definition, width, [], outputs, seed: 0);
        Fill(network);
        network.Evaluate();

        var graph = new OnnxGraphBuilder("network", opset);
        var input = graph.AddInput("input", OnnxDataType.Float32, [OnnxGraphBuilder.Batch, .. sample.shape.Skip(1)]);
        var flat = graph.AddNode("Flatten", [input]);
        var output = graph.AddNode("Identity", [network.Write(graph, new EncodedInputs(flat, null))], output: "output");
        graph.AddOutput(output, OnnxDataType.Float32, OnnxGraphBuilder.Batch, outputs);
        var onnx = graph.Build();
        Prove(onnx, sample);
        return onnx;
    }

    private NetworkDefinition Definition(int[] sizes)
        => new(Layer.Reshape(sizes).Named("input"), Layer.Sequential(Layers).Named(ModuleName));

    private static int OutputsOf(NetworkDefinition definition, int width)
        => definition.OutputShape(width) is { Rank: 1 } output
            ? output.Sizes[0]
            : throw new NetworkDefinitionException($"Expected the module to give one row of numbers for each row, but it gives {definition.OutputShape(width)}: end it with Flatten.");

    private void Fill(LayeredNetwork network)
    {
        foreach (var (name, tensor) in network.Parameters.Select(p => (p.Key, Tensor: (Tensor)p.Value)).Concat(network.Buffers.Select(b => (b.Key, Tensor: b.Value))))
        {
            if (tensor.dtype == torch.float32)
            {
                Weights[name[ModulePrefix.Length..]].CopyTo(MemoryMarshal.Cast<byte, float>(tensor.bytes));
            }
        }
    }

    private void Prove(byte[] onnx, Tensor sample)
    {
        using var gradients = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var expected = MemoryMarshal.Cast<byte, float>(_forward(sample).contiguous().bytes);
        using var session = Open(onnx);
        using var options = new RunOptions();
        using var value = OrtValue.CreateTensorValueFromMemory(MemoryMarshal.Cast<byte, float>(sample.contiguous().bytes).ToArray(), sample.shape);
        using var results = session.Run(options, ["input"], [value], ["output"]);
        var found = results[0].GetTensorDataAsSpan<float>();
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs(found[i] - expected[i]) / Math.Max(1, Math.Abs((double)expected[i]));
            if (!(difference <= Limit))
            {
                throw new NetworkDefinitionException(
                    FormattableString.Invariant($"Expected the file to compute what the module computes, but output {i} of the sample differs by {difference:G3}: call eval() on the module before."));
            }
        }
    }

    private static InferenceSession Open(byte[] onnx)
    {
        try
        {
            return new InferenceSession(onnx);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }
}
