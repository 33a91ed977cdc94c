using System.Globalization;

namespace Mlp.Training.Networks.Layers;

/// <summary>Encoder layers on top of each other, and a normalisation at the end where asked for.</summary>
internal sealed record TransformerEncoderBlock(int Depth, TransformerEncoderLayer Layer, bool FinalNorm) : LayerDefinition
{
    private protected override string KindName => "TransformerEncoder";

    internal override IReadOnlyList<KeyValuePair<string, LayerDefinition>> Children
        => [
            .. Enumerable.Range(0, Depth).Select(i => KeyValuePair.Create<string, LayerDefinition>(string.Create(CultureInfo.InvariantCulture, $"layers.{i}"), Layer)),
            .. FinalNorm ? [KeyValuePair.Create<string, LayerDefinition>("norm", new LayerNormLayer(1, Layer.Epsilon, Affine: true))] : Array.Empty<KeyValuePair<string, LayerDefinition>>(),
        ];

    internal override IEnumerable<string> FindFailures() => [.. Least("layers", Depth, 1), .. Layer.FindFailures()];

    internal override IEnumerable<LayerPart> Parts(TensorShape input, LayerSite site) => SequentialBlock.Chain(Children, input, site);

    internal override TensorShape Infer(TensorShape input, LayerSite site) => SequentialBlock.Last(Parts(input, site), input);

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new SequentialModule(site, [.. Parts(input, site).Select(p => p.Build(builder))]);
}
