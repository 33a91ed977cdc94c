using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>body(x) + x, or body(x) + shortcut(x) (He et al., 2016).</summary>
internal sealed record ResidualBlock(LayerDefinition Body, LayerDefinition? Shortcut = null) : LayerDefinition
{
    private protected override string KindName => "Residual";

    internal override IReadOnlyList<KeyValuePair<string, LayerDefinition>> Children
        => Shortcut is null ? [KeyValuePair.Create("body", Body)] : [KeyValuePair.Create("body", Body), KeyValuePair.Create("shortcut", Shortcut)];

    internal override IEnumerable<LayerPart> Parts(TensorShape input, LayerSite site) => Children.Select(c => new LayerPart(site.Child(c.Key, c.Value), c.Value, input));

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        TensorShape[] outputs = [.. Parts(input, site).Select(p => p.Output)];
        var beside = outputs.Length > 1 ? outputs[1] : input;
        return outputs[0].Content == TensorContent.Numbers && outputs[0].Equals(beside)
            ? outputs[0]
            : throw site.Refuse($"its body and what is added to it to be numbers of one shape, but found {outputs[0]} and {beside}");
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        LayerModule[] parts = [.. Parts(input, site).Select(p => p.Build(builder))];
        return new ResidualModule(site, parts[0], parts.ElementAtOrDefault(1));
    }
}

internal sealed class ResidualModule(LayerSite site, LayerModule body, LayerModule? shortcut) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
    {
        var y = body.Write(graph.For(body), x);
        return graph.Node("Add", [y, shortcut is null ? x : shortcut.Write(graph.For(shortcut), x)]);
    }

    protected override void Release()
    {
        body.Dispose();
        shortcut?.Dispose();
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var y = body.Run(x, pass);
        return y.add(shortcut is null ? x : shortcut.Run(x, pass));
    }
}
