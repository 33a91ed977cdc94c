using Mlp.Runtime.Onnx;

namespace Mlp.Training.Networks.Layers;

/// <summary>Activations as ONNX nodes.</summary>
internal static class ActivationGraph
{
    private const int GeluOpset = 20;

    public static string Write(LayerGraph graph, string x, Activation function, float parameter = 0) => function switch
    {
        Activation.Identity => x,
        Activation.Relu => graph.Node("Relu", [x]),
        Activation.Relu6 => Clip(graph, x, 0, 6),
        Activation.LeakyRelu => graph.Node("LeakyRelu", [x], OnnxAttribute.Float("alpha", parameter)),
        Activation.Elu => graph.Node("Elu", [x], OnnxAttribute.Float("alpha", parameter)),
        Activation.Selu => graph.Node("Selu", [x]),
        Activation.Celu => graph.Node("Celu", [x], OnnxAttribute.Float("alpha", parameter)),
        Activation.Gelu => graph.Opset >= GeluOpset ? graph.Node("Gelu", [x], OnnxAttribute.Text("approximate", "none")) : Gelu(graph, x),
        Activation.GeluTanh => graph.Opset >= GeluOpset ? graph.Node("Gelu", [x], OnnxAttribute.Text("approximate", "tanh")) : GeluTanh(graph, x),
        Activation.Silu => graph.Node("Mul", [x, graph.Node("Sigmoid", [x])]),
        Activation.Mish => graph.Node("Mul", [x, graph.Node("Tanh", [graph.Node("Softplus", [x])])]),
        Activation.Tanh => graph.Node("Tanh", [x]),
        Activation.Sigmoid => graph.Node("Sigmoid", [x]),
        Activation.Softplus => graph.Node("Softplus", [x]),
        Activation.Softsign => graph.Node("Softsign", [x]),
        Activation.Hardswish => graph.Node("HardSwish", [x]),
        Activation.Hardsigmoid => graph.Node("HardSigmoid", [x], OnnxAttribute.Float("alpha", 1f / 6), OnnxAttribute.Float("beta", 0.5f)),
        Activation.Hardtanh => Clip(graph, x, -1, 1),
        _ => throw new InvalidOperationException($"Expected a known activation, but found {function}."),
    };

    private static string Clip(LayerGraph graph, string x, double least, double greatest)
        => graph.Node("Clip", [x, graph.Scalar("least", least), graph.Scalar("greatest", greatest)]);

    // x/2 · (1 + erf(x / √2)).
    private static string Gelu(LayerGraph graph, string x)
    {
        var erf = graph.Node("Erf", [graph.Node("Mul", [x, graph.Scalar("root", Math.Sqrt(0.5))])]);
        return Half(graph, x, erf);
    }

    // x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).
    private static string GeluTanh(LayerGraph graph, string x)
    {
        var cube = graph.Node("Mul", [graph.Node("Mul", [x, x]), x]);
        var sum = graph.Node("Add", [x, graph.Node("Mul", [cube, graph.Scalar("cubic", 0.044715)])]);
        return Half(graph, x, graph.Node("Tanh", [graph.Node("Mul", [sum, graph.Scalar("scale", Math.Sqrt(2 / Math.PI))])]));
    }

    private static string Half(LayerGraph graph, string x, string y)
        => graph.Node("Mul", [graph.Node("Mul", [x, graph.Scalar("half", 0.5)]), graph.Node("Add", [y, graph.Scalar("one", 1)])]);
}
