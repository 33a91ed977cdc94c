using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>A vector per id.</summary>
/// <param name="Size">Length of the vectors.</param>
/// <param name="Cardinality">Ids are below it; null for what the ids themselves say.</param>
internal sealed record EmbeddingLayer(int Size, int? Cardinality = null) : LayerDefinition
{
    private protected override string KindName => "Embedding";

    internal override IEnumerable<string> FindFailures() => [.. Least("size", Size, 1), .. Least("cardinality", Cardinality ?? 1, 1)];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        EmbeddingModule.RequireIds(input, site, Cardinality, "(N, ...) of ids");
        return TensorShape.OfNumbers([.. input.Sizes, Size]);
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site) => [EmbeddingModule.Weight("weight", Cardinality ?? input.Cardinality, Size)];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var embedding = torch.nn.Embedding(Cardinality ?? input.Cardinality, Size, device: torch.CPU, dtype: torch.float32);
        builder.Make(site, Weights(input, site), EmbeddingModule.Existing("weight", embedding.weight!));
        return new EmbeddingModule(site, embedding);
    }
}

internal sealed class EmbeddingModule(LayerSite site, TorchSharp.Modules.Embedding embedding) : LayerModule(site)
{
    /// <summary>Standard normal, as torch.nn.Embedding begins.</summary>
    public static WeightSpecification Weight(string name, int cardinality, int size) => new(name, [cardinality, size], WeightInitialisation.Normal(1));

    public static Dictionary<string, TorchSharp.Modules.Parameter> Existing(string name, TorchSharp.Modules.Parameter weight) => new(StringComparer.Ordinal) { [name] = weight };

    public static void RequireIds(TensorShape input, LayerSite site, int? cardinality, string expected)
    {
        if (input.Content != TensorContent.Ids || input.Rank == 0)
        {
            throw site.Refuse(expected, input);
        }

        if (cardinality < input.Cardinality)
        {
            throw site.Refuse(FormattableString.Invariant($"at most {cardinality} different ids, but found columns of up to {input.Cardinality}"));
        }
    }

    public override string Write(LayerGraph graph, string x) => graph.Node("Gather", [graph.Constant("weight", embedding.weight!), x], OnnxAttribute.Int("axis", 0));

    protected override void Release() => embedding.Dispose();

    protected override Tensor Forward(Tensor x, ForwardPass pass) => embedding.forward(x);
}
