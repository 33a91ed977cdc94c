using Mlp.Runtime.Onnx;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>One vector for all ids of a row together.</summary>
/// <param name="Size">Length of the vectors.</param>
/// <param name="Mode">How they are joined.</param>
/// <param name="Cardinality">Ids are below it; null for what the ids themselves say.</param>
internal sealed record EmbeddingBagLayer(int Size, EmbeddingBagMode Mode, int? Cardinality = null) : LayerDefinition
{
    private protected override string KindName => "EmbeddingBag";

    internal override IEnumerable<string> FindFailures() => [.. Least("size", Size, 1), .. Least("cardinality", Cardinality ?? 1, 1)];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        EmbeddingModule.RequireIds(input, site, Cardinality, "(N, count) of ids");
        return input.Rank == 1 ? TensorShape.OfNumbers(Size) : throw site.Refuse("(N, count) of ids", input);
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site) => [EmbeddingModule.Weight("weight", Cardinality ?? input.Cardinality, Size)];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var mode = Mode switch { EmbeddingBagMode.Mean => TorchSharp.EmbeddingBagMode.Mean, EmbeddingBagMode.Sum => TorchSharp.EmbeddingBagMode.Sum, _ => TorchSharp.EmbeddingBagMode.Max };
        var bag = torch.nn.EmbeddingBag(Cardinality ?? input.Cardinality, Size, mode: mode, device: torch.CPU, dtype: torch.float32);
        builder.Make(site, Weights(input, site), EmbeddingModule.Existing("weight", bag.weight!));
        return new EmbeddingBagModule(site, bag, Mode);
    }
}

internal sealed class EmbeddingBagModule(LayerSite site, EmbeddingBag bag, EmbeddingBagMode mode) : LayerModule(site)
{
    /// <summary>From here on all reductions take their axes as an input.</summary>
    private const int AxesAsInputOpset = 18;

    public override string Write(LayerGraph graph, string x)
    {
        var vectors = graph.Node("Gather", [graph.Constant("weight", bag.weight!), x], OnnxAttribute.Int("axis", 0));
        var operation = mode switch { EmbeddingBagMode.Mean => "ReduceMean", EmbeddingBagMode.Sum => "ReduceSum", _ => "ReduceMax" };
        var keep = OnnxAttribute.Int("keepdims", 0);
        return mode == EmbeddingBagMode.Sum || graph.Opset >= AxesAsInputOpset
            ? graph.Node(operation, [vectors, graph.Integers("axes", 1)], keep)
            : graph.Node(operation, [vectors], keep, OnnxAttribute.Ints("axes", [1]));
    }

    protected override void Release() => bag.Dispose();

    protected override Tensor Forward(Tensor x, ForwardPass pass) => bag.call(x);
}
