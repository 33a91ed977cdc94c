namespace Mlp.Training.Networks.Layers;

/// <summary>A layer as <see cref="NetworkSummary"/> shows it.</summary>
/// <param name="Name">Names from the outermost block on, joined by dots: the beginning of its weights' names.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Output">Shape of its output.</param>
/// <param name="ParameterCount">Numbers that the optimizer moves, without those of layers within it.</param>
public sealed record LayerSummary(string Name, string Kind, TensorShape Output, long ParameterCount);
