namespace Mlp.Training.Networks.Layers;

/// <summary>A layer whose weights can take in a normalisation after it, which then costs nothing in service.</summary>
internal interface IFoldable
{
    /// <summary>Whether the units of its output are what a normalisation after it normalises.</summary>
    bool CanFold { get; }

    /// <summary>Adds the nodes of both.</summary>
    string WriteFolded(LayerGraph graph, string x, BatchNormModule norm);
}
