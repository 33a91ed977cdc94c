using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>eˣ over its sum along an axis, or the logarithm of that.</summary>
/// <param name="Axis">The axis of one row from 0; -1 is the last.</param>
/// <param name="IsLog">Whether it is the logarithm.</param>
internal sealed record SoftmaxLayer(int Axis, bool IsLog) : LayerDefinition
{
    private protected override string KindName => IsLog ? "LogSoftmax" : "Softmax";

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 1, int.MaxValue, "(N, ...)");
        site.RequireAxis(Axis, input.Rank);
        return input;
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new SoftmaxModule(site, site.RequireAxis(Axis, input.Rank) + 1, IsLog);
}

internal sealed class SoftmaxModule(LayerSite site, int axis, bool isLog) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x) => graph.Node(isLog ? "LogSoftmax" : "Softmax", [x], OnnxAttribute.Int("axis", axis));

    protected override Tensor Forward(Tensor x, ForwardPass pass) => isLog ? torch.nn.functional.log_softmax(x, axis) : x.softmax(axis);
}
