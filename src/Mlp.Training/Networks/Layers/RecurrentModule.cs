using Mlp.Runtime.Onnx;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

internal sealed class RecurrentModule(LayerSite site, RecurrentLayer layer, IReadOnlyList<RecurrentStack> stacks) : LayerModule(site)
{
    // Blocks of rows: PyTorch has i, f, g, o and r, z, n; ONNX has i, o, f, c and z, r, h.
    private static readonly int[] LstmBlocks = [0, 3, 1, 2];
    private static readonly int[] GruBlocks = [1, 0, 2];

    public override string Write(LayerGraph graph, string x)
    {
        x = graph.Transpose(x, 1, 0, 2);
        for (var depth = 0; depth < stacks.Count; depth++)
        {
            var isLast = depth == stacks.Count - 1;
            if (isLast && layer.Output == RecurrentOutput.LastState)
            {
                // (directions, N, units) to (N, directions · units).
                return graph.Reshape(graph.Transpose(WriteStack(graph, x, stacks[depth], isSequence: false), 1, 0, 2), -1, layer.Directions * layer.Units);
            }

            // (steps, directions, N, units) to (steps, N, directions · units).
            x = graph.Reshape(graph.Transpose(WriteStack(graph, x, stacks[depth], isSequence: true), 0, 2, 1, 3), 0, -1, layer.Directions * layer.Units);
        }

        return graph.Transpose(x, 1, 0, 2);
    }

    protected override void Release()
    {
        foreach (var stack in stacks)
        {
            stack.Dispose();
        }
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        for (var depth = 0; depth < stacks.Count; depth++)
        {
            var (sequence, last) = stacks[depth].Run(x);
            if (depth == stacks.Count - 1)
            {
                return layer.Output == RecurrentOutput.Sequence ? sequence : last.transpose(0, 1).reshape(-1, layer.Directions * layer.Units);
            }

            x = pass.Drop(sequence, layer.Dropout);
        }

        throw new InvalidOperationException("Expected at least one layer, but found none.");
    }

    private string WriteStack(LayerGraph graph, string x, RecurrentStack stack, bool isSequence)
    {
        var operation = layer.Cell == RecurrentCell.Lstm ? "LSTM" : "GRU";
        var sequence = isSequence ? graph.Builder.UniqueName(Site.Path + ".sequence") : string.Empty;
        var last = isSequence ? string.Empty : graph.Builder.UniqueName(Site.Path + ".last");
        List<string> inputs = [x, Blocks(graph, stack, "weight_ih", layer.Units), Blocks(graph, stack, "weight_hh", layer.Units)];
        if (layer.Bias)
        {
            inputs.Add(Biases(graph, stack));
        }

        List<OnnxAttribute> attributes = [OnnxAttribute.Int("hidden_size", layer.Units), OnnxAttribute.Text("direction", layer.IsBidirectional ? "bidirectional" : "forward")];
        if (layer.Cell == RecurrentCell.Gru)
        {
            attributes.Add(OnnxAttribute.Int("linear_before_reset", 1));
        }

        graph.Builder.AddNode(operation, inputs, [sequence, last], attributes);
        return isSequence ? sequence : last;
    }

    private string Blocks(LayerGraph graph, RecurrentStack stack, string name, int units)
    {
        var values = Directions().SelectMany(d => InOrder(LayerGraph.Floats(stack.Weights[name + "_l0" + d]).ToArray())).ToArray();
        var rows = Order.Length * units;
        return graph.Constant(name, values, layer.Directions, rows, values.Length / layer.Directions / rows);
    }

    // Both biases of a direction, one behind the other.
    private string Biases(LayerGraph graph, RecurrentStack stack)
    {
        var values = Directions()
            .SelectMany(d => new[] { "bias_ih_l0" + d, "bias_hh_l0" + d })
            .SelectMany(name => InOrder(LayerGraph.Floats(stack.Weights[name]).ToArray()))
            .ToArray();
        return graph.Constant("bias", values, layer.Directions, values.Length / layer.Directions);
    }

    private int[] Order => layer.Cell == RecurrentCell.Lstm ? LstmBlocks : GruBlocks;

    private IEnumerable<string> Directions() => layer.IsBidirectional ? [string.Empty, "_reverse"] : [string.Empty];

    private IEnumerable<float> InOrder(float[] values)
    {
        var block = values.Length / Order.Length;
        return Order.SelectMany(b => values.Skip(b * block).Take(block));
    }
}
