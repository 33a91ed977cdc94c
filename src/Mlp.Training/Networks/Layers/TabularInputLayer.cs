using System.Globalization;
using Mlp.Runtime.Onnx;
using Mlp.Training.Preprocessing;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>The network's features as one row of numbers: the dense part, and behind it a vector for the id of each id column.</summary>
/// <param name="Dropout">Share of the vectors' values left out while training.</param>
/// <param name="EmbeddingSize">Length of all vectors; null for min(50, (cardinality + 1) / 2) of each column.</param>
internal sealed record TabularInputLayer(double Dropout, int? EmbeddingSize = null) : LayerDefinition
{
    private const int LargestSize = 50;

    private protected override string KindName => "TabularInput";

    internal override IEnumerable<string> FindFailures() => [.. Least("embeddingSize", EmbeddingSize ?? 1, 1), .. Share("dropout", Dropout)];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        FeaturePartLayer.RequireFeatures(input, site);
        return TensorShape.OfNumbers(site.Width + site.Ids.Sum(SizeOf));
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
        => [.. site.Ids.Select((column, i) => EmbeddingModule.Weight(NameOf(i), column.Cardinality, SizeOf(column)))];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var embeddings = site.Ids.Select(c => torch.nn.Embedding(c.Cardinality, SizeOf(c), device: torch.CPU, dtype: torch.float32)).ToArray();
        var existing = embeddings.Select((e, i) => KeyValuePair.Create(NameOf(i), e.weight!)).ToDictionary(StringComparer.Ordinal);
        builder.Make(site, Weights(input, site), existing);
        return new TabularInputModule(site, embeddings, Dropout);
    }

    private static string NameOf(int column) => string.Create(CultureInfo.InvariantCulture, $"embeddings.{column}.weight");

    private int SizeOf(IdColumn column) => EmbeddingSize ?? Math.Min(LargestSize, (column.Cardinality + 1) / 2);
}

internal sealed class TabularInputModule(LayerSite site, IReadOnlyList<Embedding> embeddings, double dropout) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
    {
        var parts = new List<string>();
        if (Site.Width > 0)
        {
            parts.Add(graph.Inputs.Dense!);
        }

        for (var i = 0; i < embeddings.Count; i++)
        {
            var column = graph.Node("Gather", [graph.Inputs.Ids!, graph.Index("column", i)], OnnxAttribute.Int("axis", 1));
            parts.Add(graph.Node("Gather", [graph.Constant("weight", embeddings[i].weight!), column], OnnxAttribute.Int("axis", 0)));
        }

        return graph.Concat(parts, 1);
    }

    protected override void Release()
    {
        foreach (var embedding in embeddings)
        {
            embedding.Dispose();
        }
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        if (embeddings.Count == 0)
        {
            return pass.Dense!;
        }

        var vectors = embeddings.Select((e, i) => e.forward(pass.Ids!.select(1, i))).ToArray();
        var joined = pass.Drop(vectors.Length == 1 ? vectors[0] : torch.cat(vectors, 1), dropout);
        return Site.Width > 0 ? torch.cat([pass.Dense!, joined], 1) : joined;
    }
}
