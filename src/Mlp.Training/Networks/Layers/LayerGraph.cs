using System.Runtime.InteropServices;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Writes the nodes of one layer: names of its constants begin with the layer's name.</summary>
/// <param name="Builder">The graph.</param>
/// <param name="Inputs">What the network takes.</param>
/// <param name="Path">Name of the layer.</param>
internal sealed record LayerGraph(OnnxGraphBuilder Builder, EncodedInputs Inputs, string Path)
{
    public int Opset => Builder.Opset;

    public LayerGraph For(LayerModule module) => this with { Path = module.Site.Path };

    public string Node(string operation, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes) => Builder.AddNode(operation, inputs, attributes);

    public string Constant(string name, Tensor weight) => Constant(name, Floats(weight), weight.shape);

    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => Builder.AddConstant(NameOf(name), values, shape);

    public string Scalar(string name, double value) => Builder.AddConstant(NameOf(name), [(float)value]);

    public string Integers(string name, params ReadOnlySpan<long> values) => Builder.AddConstant(NameOf(name), values, values.Length);

    public string Index(string name, long value) => Builder.AddConstant(NameOf(name), [value]);

    public string Reshape(string x, params ReadOnlySpan<long> shape) => Node("Reshape", [x, Integers("shape", shape)]);

    public string Transpose(string x, params IReadOnlyList<long> permutation) => Node("Transpose", [x], OnnxAttribute.Ints("perm", permutation));

    public string Concat(IReadOnlyList<string> parts, int axis) => parts.Count == 1 ? parts[0] : Node("Concat", parts, OnnxAttribute.Int("axis", axis));

    /// <summary>x · Wᵀ + b over the last dimension.</summary>
    /// <param name="x">Name of the input.</param>
    /// <param name="rank">Its dimensions after the rows.</param>
    /// <param name="weight">W, shape (outputs, inputs).</param>
    /// <param name="outputs">Units of the output.</param>
    /// <param name="bias">b, shape (outputs); empty for none.</param>
    /// <param name="name">Begins the names of the constants.</param>
    public string Linear(string x, int rank, ReadOnlySpan<float> weight, int outputs, ReadOnlySpan<float> bias, string name = "")
    {
        var inputs = weight.Length / outputs;
        if (rank == 1)
        {
            var w = Constant(name + "weight", weight, outputs, inputs);
            return Node("Gemm", bias.Length == 0 ? [x, w] : [x, w, Constant(name + "bias", bias, outputs)], OnnxAttribute.Int("transB", 1));
        }

        var turned = new float[weight.Length];
        for (var i = 0; i < turned.Length; i++)
        {
            turned[(i % inputs * outputs) + (i / inputs)] = weight[i];
        }

        var product = Node("MatMul", [x, Constant(name + "weight", turned, inputs, outputs)]);
        return bias.Length == 0 ? product : Node("Add", [product, Constant(name + "bias", bias, outputs)]);
    }

    public static ReadOnlySpan<float> Floats(Tensor? weight) => weight is null ? [] : MemoryMarshal.Cast<byte, float>(weight.bytes);

    private string NameOf(string name) => Builder.UniqueName(Path.Length == 0 ? name : $"{Path}.{name}");
}
