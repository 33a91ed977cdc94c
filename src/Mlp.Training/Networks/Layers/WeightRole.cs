namespace Mlp.Training.Networks.Layers;

internal enum WeightRole
{
    /// <summary>float32, moved by the optimizer.</summary>
    Parameter,

    /// <summary>float32, moved by the layer itself while training.</summary>
    Statistic,

    /// <summary>int64, a count.</summary>
    Counter,
}
