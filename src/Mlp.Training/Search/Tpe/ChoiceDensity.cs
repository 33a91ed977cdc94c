using Mlp.Training.Networks;

namespace Mlp.Training.Search.Tpe;

/// <summary>How likely the values of a choice are: by how often they were seen, and an equal share for each (the prior).</summary>
internal sealed class ChoiceDensity : IDensity
{
    private readonly double[] _probabilities;

    /// <param name="values">What was seen, in [0, 1).</param>
    /// <param name="weights">Weights of the values and, last, of the prior; they sum to 1.</param>
    /// <param name="count">Number of values to choose from.</param>
    public ChoiceDensity(IReadOnlyList<double> values, double[] weights, int count)
    {
        // Each value that was seen gives a little to all the others: 1 / n of what it gives to itself, n counting the prior.
        var little = 1.0 / weights.Length;
        var all = 1 + (count * little);
        _probabilities = new double[count];
        for (var i = 0; i < values.Count; i++)
        {
            for (var choice = 0; choice < count; choice++)
            {
                _probabilities[choice] += weights[i] * (little + (choice == (int)(values[i] * count) ? 1 : 0)) / all;
            }
        }

        for (var choice = 0; choice < count; choice++)
        {
            _probabilities[choice] += weights[^1] / count;
        }
    }

    public double Sample(SeededRandom random) => (TpeWeights.Draw(_probabilities, random) + 0.5) / _probabilities.Length;

    public double LogAt(double value) => Math.Log(_probabilities[(int)(value * _probabilities.Length)]);
}
