using Mlp.Runtime.Kernels.Steps;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Dense layers and what stands between them.</summary>
internal static class NetworkOperators
{
    public static KernelValue Relu(GraphRecogniser graph, OnnxNodeEditor node, string output) => Activate<Activations.Relu>(graph, node, 0);

    public static KernelValue LeakyRelu(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => Activate<Activations.LeakyRelu>(graph, node, node.Attribute("alpha")?.Float ?? 0.01f);

    public static KernelValue Sigmoid(GraphRecogniser graph, OnnxNodeEditor node, string output) => Activate<Activations.Sigmoid>(graph, node, 0);

    public static KernelValue Tanh(GraphRecogniser graph, OnnxNodeEditor node, string output) => Activate<Activations.Tanh>(graph, node, 0);

    public static KernelValue Softmax(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        var axis = node.Attribute("axis")?.Int ?? (graph.OperatorSet >= 13 ? -1 : 1);
        if (source is not { Element: KernelElement.Float32, Rank: 2 } || axis is not (1 or -1))
        {
            throw Operators.Uncovered(node, "another axis or type");
        }

        return AddSoftmax(graph, source);
    }

    public static KernelValue Gemm(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        if ((node.Attribute("transA")?.Int ?? 0) != 0)
        {
            throw Operators.Uncovered(node, "a transposed input");
        }

        var isTransposed = (node.Attribute("transB")?.Int ?? 0) != 0;
        var alpha = node.Attribute("alpha")?.Float ?? 1;
        var beta = node.Attribute("beta")?.Float ?? 1;
        var (weights, outputs) = Weights(graph, node, source, isTransposed);
        return AddLayer(graph, source, Array.ConvertAll(weights, w => alpha * w), Array.ConvertAll(Bias(graph, node, Operators.Input(node, 2), outputs), b => beta * b), outputs);
    }

    public static KernelValue MatMul(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        var (weights, outputs) = Weights(graph, node, source, isTransposed: false);
        return AddLayer(graph, source, weights, new double[outputs], outputs);
    }

    public static KernelValue BatchNormalization(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = graph.Resolve(node.Inputs[0]);
        if (source is not { Element: KernelElement.Float32, Rank: 2 } || output != node.Outputs[0] || (node.Attribute("training_mode")?.Int ?? 0) != 0)
        {
            throw Operators.Uncovered(node, "another form");
        }

        var epsilon = node.Attribute("epsilon")?.Float ?? 1e-5f;
        var (scale, shift) = (graph.Constants.Numbers(node.Inputs[1]), graph.Constants.Numbers(node.Inputs[2]));
        var (mean, variance) = (graph.Constants.Numbers(node.Inputs[3]), graph.Constants.Numbers(node.Inputs[4]));
        double[] factors = [.. scale.Select((s, i) => s / Math.Sqrt(variance[i] + epsilon))];
        double[] offsets = [.. shift.Select((s, i) => s - (mean[i] * factors[i]))];
        var scaled = ElementOperators.WithConstants<Arithmetic.Multiply>(graph, source, factors, null);
        return ElementOperators.WithConstants<Arithmetic.Add>(graph, scaled, offsets, null);
    }

    /// <summary>Reads an addition as the bias of the product before it, where nobody else reads that.</summary>
    /// <param name="graph">The recogniser.</param>
    /// <param name="node">An addition.</param>
    /// <returns>The sum, or null if it is no such addition.</returns>
    public static KernelValue? TryReadBias(GraphRecogniser graph, OnnxNodeEditor node)
    {
        var (product, bias) = graph.Constants.Contains(node.Inputs[1]) ? (node.Inputs[0], node.Inputs[1]) : (node.Inputs[1], node.Inputs[0]);
        if (!graph.Constants.Contains(bias) || graph.CountReaders(product) != 1 || graph.FindProducer(product) is not { OperatorType: "MatMul", Domain: "" } matMul)
        {
            return null;
        }

        var source = graph.Resolve(matMul.Inputs[0]);
        var (weights, outputs) = Weights(graph, matMul, source, isTransposed: false);
        return AddLayer(graph, source, weights, Bias(graph, node, bias, outputs), outputs);
    }

    /// <summary>Adds a dense layer.</summary>
    /// <param name="graph">The recogniser.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="weights">Shape (inputs, outputs), row-major.</param>
    /// <param name="bias">One number per output.</param>
    /// <param name="outputs">Number of outputs.</param>
    public static KernelValue AddLayer(GraphRecogniser graph, KernelValue source, double[] weights, double[] bias, int outputs)
    {
        graph.CountLayer(weights.Length);
        for (var input = 0; input < source.Width && source.Origins is not null; input++)
        {
            graph.Hints.AddWeight(source.Origins[input], Enumerable.Range(0, outputs).Max(o => Math.Abs(weights[(input * outputs) + o])));
        }

        var result = graph.AddValue(source.Element, outputs);
        graph.AddStep(source.Element == KernelElement.Float64
            ? new DenseDoubleStep(source, Transpose(weights, source.Width, outputs), bias, result)
            : new DenseStep(source, new DenseWeights(Floats(weights), Floats(bias), source.Width, outputs), result));
        return result;
    }

    /// <summary>Adds a softmax over the columns of each row.</summary>
    /// <param name="graph">The recogniser.</param>
    /// <param name="source">What it reads.</param>
    public static KernelValue AddSoftmax(GraphRecogniser graph, KernelValue source)
    {
        var result = graph.AddValue(KernelElement.Float32, source.Width);
        graph.AddStep(new SoftmaxStep(source, result));
        return result;
    }

    /// <summary>Adds a function of each number.</summary>
    /// <typeparam name="TFunction">The function.</typeparam>
    /// <param name="graph">The recogniser.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="parameter">Its parameter.</param>
    public static KernelValue AddActivation<TFunction>(GraphRecogniser graph, KernelValue source, float parameter)
        where TFunction : struct, IActivation
    {
        var result = graph.AddValue(KernelElement.Float32, source.Width, source.Rank);
        graph.AddStep(new ActivationStep<TFunction>(source, parameter, result));
        return result;
    }

    private static KernelValue Activate<TFunction>(GraphRecogniser graph, OnnxNodeEditor node, float parameter)
        where TFunction : struct, IActivation
    {
        var source = graph.Resolve(node.Inputs[0]);
        return source.Element == KernelElement.Float32 ? AddActivation<TFunction>(graph, source, parameter) : throw Operators.Uncovered(node, $"{source.Element}");
    }

    private static (double[] Weights, int Outputs) Weights(GraphRecogniser graph, OnnxNodeEditor node, KernelValue source, bool isTransposed)
    {
        var name = node.Inputs[1];
        if (graph.FindProducer(name) is { OperatorType: "Transpose", Domain: "" } transpose && graph.Constants.Contains(transpose.Inputs[0]))
        {
            // Two dimensions change places whatever the node says of them, or it says nothing.
            (name, isTransposed) = (transpose.Inputs[0], isTransposed ^ (transpose.Attribute("perm")?.Ints is null or [1, 0]));
        }

        var shape = graph.Constants.DimensionsOf(name);
        if (source is not { Element: KernelElement.Float32 or KernelElement.Float64, Rank: 2 } || shape.Count != 2 || shape[isTransposed ? 1 : 0] != source.Width || shape.Any(d => d < 1))
        {
            throw Operators.Uncovered(node, "other than a matrix of weights");
        }

        var outputs = (int)shape[isTransposed ? 0 : 1];
        var weights = graph.Constants.Numbers(name);
        return (isTransposed ? Transpose(weights, outputs, source.Width) : weights, outputs);
    }

    private static double[] Bias(GraphRecogniser graph, OnnxNodeEditor node, string? name, int outputs)
    {
        if (name is null)
        {
            return new double[outputs];
        }

        var shape = graph.Constants.DimensionsOf(name);
        var bias = graph.Constants.Numbers(name);
        var isRow = shape.Count <= 2 && shape.SkipLast(1).All(d => d == 1) && (bias.Length == 1 || bias.Length == outputs);
        return isRow ? bias.Length == outputs ? bias : [.. Enumerable.Repeat(bias[0], outputs)] : throw Operators.Uncovered(node, "a bias of another shape");
    }

    private static double[] Transpose(double[] matrix, int rows, int columns)
    {
        var result = new double[matrix.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                result[(column * rows) + row] = matrix[(row * columns) + column];
            }
        }

        return result;
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, v => (float)v);
}
