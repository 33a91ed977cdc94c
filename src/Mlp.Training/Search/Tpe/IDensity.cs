using Mlp.Training.Networks;

namespace Mlp.Training.Search.Tpe;

/// <summary>How likely the values of one setting are, as numbers in [0, 1). Immutable.</summary>
internal interface IDensity
{
    /// <summary>Draws a value.</summary>
    double Sample(SeededRandom random);

    /// <summary>Logarithm of the density at a value; of values with cells, of the probability of its cell.</summary>
    double LogAt(double value);
}
