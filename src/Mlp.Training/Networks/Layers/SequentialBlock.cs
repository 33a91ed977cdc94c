using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Layers one after the other.</summary>
internal sealed record SequentialBlock(IReadOnlyList<LayerDefinition> Layers) : LayerDefinition
{
    private protected override string KindName => "Sequential";

    internal override IReadOnlyList<KeyValuePair<string, LayerDefinition>> Children => NameAll(Layers);

    internal override IEnumerable<LayerPart> Parts(TensorShape input, LayerSite site) => Chain(Children, input, site);

    internal override TensorShape Infer(TensorShape input, LayerSite site) => Last(Parts(input, site), input);

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new SequentialModule(site, [.. Parts(input, site).Select(p => p.Build(builder))]);

    public static IEnumerable<LayerPart> Chain(IReadOnlyList<KeyValuePair<string, LayerDefinition>> layers, TensorShape input, LayerSite site)
    {
        foreach (var (name, layer) in layers)
        {
            var part = new LayerPart(site.Child(name, layer), layer, input);
            yield return part;
            input = part.Output;
        }
    }

    public static TensorShape Last(IEnumerable<LayerPart> parts, TensorShape input) => parts.Select(p => p.Output).LastOrDefault(input);
}

internal sealed class SequentialModule(LayerSite site, IReadOnlyList<LayerModule> layers) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
    {
        LayerModule[] working = [.. layers.Where(l => !l.IsNothingInService)];
        for (var i = 0; i < working.Length; i++)
        {
            var own = graph.For(working[i]);
            if (working[i] is IFoldable { CanFold: true } foldable && i + 1 < working.Length && working[i + 1] is BatchNormModule norm)
            {
                x = foldable.WriteFolded(own, x, norm);
                i++;
            }
            else
            {
                x = working[i].Write(own, x);
            }
        }

        return x;
    }

    protected override void Release()
    {
        foreach (var layer in layers)
        {
            layer.Dispose();
        }
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        foreach (var layer in layers)
        {
            x = layer.Run(x, pass);
        }

        return x;
    }
}
