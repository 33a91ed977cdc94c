using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>softmax(Q · Kᵀ / √d) · V per head, with the projections before and after.</summary>
/// <param name="input">Shape of the input: steps, size.</param>
/// <param name="heads">Number of heads.</param>
/// <param name="dropout">Share of attention left out while training.</param>
/// <param name="isCausal">Whether a step sees only itself and earlier ones.</param>
/// <param name="weights">The layer's weights.</param>
/// <param name="prefix">Begins the names of those of the attention.</param>
internal sealed class SelfAttention(TensorShape input, int heads, double dropout, bool isCausal, IReadOnlyDictionary<string, Tensor> weights, string prefix)
{
    private readonly int _steps = input.Sizes[0];
    private readonly int _size = input.Sizes[1];
    private readonly int _headSize = input.Sizes[1] / heads;
    private readonly Tensor _inWeight = weights[prefix + "in_proj_weight"];
    private readonly Tensor? _inBias = weights.GetValueOrDefault(prefix + "in_proj_bias");
    private readonly Tensor _outWeight = weights[prefix + "out_proj.weight"];
    private readonly Tensor? _outBias = weights.GetValueOrDefault(prefix + "out_proj.bias");

    /// <summary>As torch.nn.MultiheadAttention begins: Glorot for the projections in, zeros for biases.</summary>
    public static IReadOnlyList<WeightSpecification> Weights(int size, bool bias, string prefix)
    {
        var zero = WeightInitialisation.Constant(0);
        var into = new WeightSpecification(prefix + "in_proj_weight", [3 * size, size], WeightInitialisation.Uniform(Math.Sqrt(6.0 / (4 * size))));
        var outOf = new WeightSpecification(prefix + "out_proj.weight", [size, size], WeightInitialisation.Uniform(1 / Math.Sqrt(size)));
        return bias ? [into, new(prefix + "in_proj_bias", [3 * size], zero), outOf, new(prefix + "out_proj.bias", [size], zero)] : [into, outOf];
    }

    public Tensor Forward(Tensor x, ForwardPass pass)
    {
        var projected = torch.nn.functional.linear(x, _inWeight, _inBias).reshape(-1, _steps, 3, heads, _headSize).permute(2, 0, 3, 1, 4);
        var (q, k, v) = (projected.select(0, 0), projected.select(0, 1), projected.select(0, 2));
        var attended = pass.IsTraining && dropout > 0
            ? pass.Drop(Masked(q.matmul(k.transpose(-2, -1)).mul(1 / MathF.Sqrt(_headSize))).softmax(-1), dropout).matmul(v)
            : torch.nn.functional.scaled_dot_product_attention(q, k, v, is_casual: isCausal);
        return torch.nn.functional.linear(attended.transpose(1, 2).reshape(-1, _steps, _size), _outWeight, _outBias);
    }

    public string Write(LayerGraph graph, string x)
    {
        var projected = graph.Linear(x, 2, LayerGraph.Floats(_inWeight), 3 * _size, LayerGraph.Floats(_inBias), prefix + "in_");
        var split = graph.Transpose(graph.Reshape(projected, -1, _steps, 3, heads, _headSize), 2, 0, 3, 1, 4);
        string Part(int i) => graph.Node("Gather", [split, graph.Index("part", i)], OnnxAttribute.Int("axis", 0));

        var scores = graph.Node("MatMul", [Part(0), graph.Transpose(Part(1), 0, 1, 3, 2)]);
        scores = graph.Node("Mul", [scores, graph.Scalar("scale", 1 / Math.Sqrt(_headSize))]);
        if (isCausal)
        {
            scores = graph.Node("Add", [scores, graph.Constant("mask", Mask(), _steps, _steps)]);
        }

        var attended = graph.Node("MatMul", [graph.Node("Softmax", [scores], OnnxAttribute.Int("axis", -1)), Part(2)]);
        return graph.Linear(
            graph.Reshape(graph.Transpose(attended, 0, 2, 1, 3), -1, _steps, _size), 2, LayerGraph.Floats(_outWeight), _size, LayerGraph.Floats(_outBias), prefix + "out_");
    }

    private Tensor Masked(Tensor scores)
        => isCausal ? scores.add(torch.tensor(Mask(), [_steps, _steps], torch.float32, scores.device)) : scores;

    private float[] Mask()
    {
        var mask = new float[_steps * _steps];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = i % _steps > i / _steps ? float.NegativeInfinity : 0;
        }

        return mask;
    }
}
