using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>What turns a network's outputs into scores: sigmoid, softmax, or the label's unit.</summary>
/// <param name="Task">What is predicted.</param>
/// <param name="Scale">How labels became targets.</param>
/// <param name="Outputs">Outputs of the network, and scores of a row.</param>
internal sealed record NetworkLink(ModelTask Task, TargetScale Scale, int Outputs)
{
    /// <summary>Scores of outputs.</summary>
    /// <param name="outputs">Shape (rows, outputs), float32.</param>
    public Tensor Apply(Tensor outputs) => Task switch
    {
        ModelTask.BinaryClassification => outputs.sigmoid(),
        ModelTask.MulticlassClassification => outputs.softmax(1),
        ModelTask.Regression => outputs.mul(Scale.Factor).add(Scale.Offset),
        _ => outputs,
    };

    /// <summary>Adds the same as nodes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">Name of the outputs, shape (N, outputs).</param>
    /// <returns>Name of the scores.</returns>
    public string Write(OnnxGraphBuilder graph, string outputs) => Task switch
    {
        ModelTask.BinaryClassification => graph.AddNode("Sigmoid", [outputs]),
        ModelTask.MulticlassClassification => graph.AddNode("Softmax", [outputs], [OnnxAttribute.Int("axis", 1)]),
        ModelTask.Regression => graph.AddNode(
            "Add",
            [
                graph.AddNode("Mul", [outputs, graph.AddConstant("target.factor", [Scale.Factor], 1)]),
                graph.AddConstant("target.offset", [Scale.Offset], 1),
            ]),
        _ => outputs,
    };
}
