namespace Mlp.Training.Networks.Layers;

/// <summary>A weight of an <see cref="IUserModule"/>.</summary>
/// <param name="Name">Its name within the module.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Initialisation">How its values begin.</param>
/// <param name="IsTrained">Whether the optimizer moves it; false for a statistic that the module keeps itself.</param>
public sealed record UserWeight(string Name, IReadOnlyList<int> Shape, WeightInitialisation Initialisation, bool IsTrained = true);
