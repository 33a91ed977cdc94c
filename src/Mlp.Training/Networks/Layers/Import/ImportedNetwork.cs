using System.Runtime.InteropServices;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>An application's own TorchSharp <c>Sequential</c> as a definition with its weights. Immutable: weights are copies.</summary>
public sealed class ImportedNetwork
{
    /// <summary>Name of the output of files.</summary>
    public const string OutputName = "output";

    private const string ModuleName = "module";

    private const string ModulePrefix = ModuleName + ".";

    private readonly Sequential _module;

    private ImportedNetwork(IReadOnlyList<LayerDefinition> layers, IReadOnlyDictionary<string, float[]> weights, Sequential module)
        => (Layers, Weights, _module) = (layers, weights, module);

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

        return new(ModuleReader.ReadAll(module, string.Empty), weights, module);
    }

    /// <summary>
    /// Writes the network as an ONNX file with an input <c>input</c> and an output <c>output</c>, and proves it as every export is proved: ONNX Runtime computes the sample, the sample with NaN, and the sample
    /// with extreme values, in batches of several sizes, and the file is refused where it differs from the module by more than 0.00001 · max(1, |module|, s) on the sample, where s is the
    /// standard deviation of the module's answers to it, the least one of several outputs. The file's metadata holds the proof as JSON (<c>mlp.proof</c>).
    /// </summary>
    /// <param name="sample">Rows as the module takes them, float32 on the processor: shape (rows, ...). The number of rows of the file's input is open.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the proof between runs.</param>
    /// <exception cref="NetworkDefinitionException">The layers do not fit the sample.</exception>
    /// <exception cref="ExportRefusedException">The file computes something else.</exception>
    /// <exception cref="ArgumentException">The sample has no rows or is of another type, the module's answers to it are all NaN or infinite, or an option is out of range.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with ONNX Runtime's native library.</exception>
    public byte[] ToOnnx(Tensor sample, ModuleExportOptions? options = null, CancellationToken cancellationToken = default)
        => ToPackage(sample, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = OutputName }, options, cancellationToken).Onnx.ToArray();

    /// <summary>Writes and proves the network as <see cref="ToOnnx"/> does, for the registry (of a task other than regression without s): with its features (<c>input[0]</c> and so on; of images, sequences and lists of more than 1,024 numbers one vector <c>input</c>, or several of 65,536 numbers), proof and golden rows.</summary>
    /// <param name="sample">Rows as the module takes them, float32 on the processor: shape (rows, ...).</param>
    /// <param name="output">What the output means; its score is <see cref="OutputName"/>.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the proof between runs.</param>
    /// <exception cref="NetworkDefinitionException">The layers do not fit the sample.</exception>
    /// <exception cref="ExportRefusedException">The file computes something else.</exception>
    /// <exception cref="Mlp.Runtime.Models.InvalidModelException">The output does not have the values that are said of it.</exception>
    /// <exception cref="ArgumentException">The sample has no rows or is of another type, the module's answers to it are all NaN or infinite, the score is another output, or an option is out of range.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with ONNX Runtime's native library.</exception>
    public ModelPackage ToPackage(Tensor sample, ModelOutput output, ModuleExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ArgumentNullException.ThrowIfNull(output);
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        if (sample.dtype != torch.float32 || sample.dim() < 2 || sample.shape[0] < 1)
        {
            throw new ArgumentException($"Expected float32 rows of shape (rows, ...), but found {sample.dtype} of shape ({string.Join(", ", sample.shape)}).", nameof(sample));
        }

        if (output.ScoreOutput != OutputName)
        {
            throw new ArgumentException($"Expected the score to be the output '{OutputName}', but found '{output.ScoreOutput}'.", nameof(output));
        }

        return ModuleProof.Complete(new ModelPackage { Onnx = Write(sample, options.Opset), Output = output }, _module, sample, options, cancellationToken);
    }

    private byte[] Write(Tensor sample, int opset)
    {
        int[] sizes = [.. sample.shape.Skip(1).Select(s => checked((int)s))];
        var definition = Definition(sizes);
        var width = sizes.Aggregate(1, (product, size) => checked(product * size));
        var outputs = OutputsOf(definition, width);
        using var network = LayeredNetwork.Build(definition, width, [], outputs, seed: 0);
        Fill(network);
        network.Evaluate();

        var graph = new OnnxGraphBuilder("network", opset);
        var input = graph.AddInput(ModuleProof.InputName, OnnxDataType.Float32, [OnnxGraphBuilder.Batch, .. sample.shape.Skip(1)]);
        var flat = graph.AddNode("Flatten", [input]);
        var output = graph.AddNode("Identity", [network.Write(graph, new EncodedInputs(flat, null))], output: OutputName);
        graph.AddOutput(output, OnnxDataType.Float32, OnnxGraphBuilder.Batch, outputs);
        return graph.Build();
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
}
