namespace Mlp.Training.Networks.Layers;

/// <summary>A layer within a block.</summary>
/// <param name="Site">Where it stands.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Input">What it takes.</param>
internal readonly record struct LayerPart(LayerSite Site, LayerDefinition Layer, TensorShape Input)
{
    public TensorShape Output => Layer.Infer(Input, Site);

    public LayerModule Build(LayerBuilder builder) => Layer.Build(Input, Site, builder);
}
