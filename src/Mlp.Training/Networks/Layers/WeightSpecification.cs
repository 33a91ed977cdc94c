namespace Mlp.Training.Networks.Layers;

/// <summary>A tensor that a layer keeps.</summary>
/// <param name="Name">Its name within the layer, as PyTorch has it: <c>weight</c>, <c>running_mean</c>.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Initialisation">How it begins.</param>
/// <param name="Role">What moves it.</param>
internal sealed record WeightSpecification(string Name, long[] Shape, WeightInitialisation Initialisation, WeightRole Role = WeightRole.Parameter)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}
