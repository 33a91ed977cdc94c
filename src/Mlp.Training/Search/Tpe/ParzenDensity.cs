using Mlp.Runtime.Statistics;
using Mlp.Training.Networks;

namespace Mlp.Training.Search.Tpe;

/// <summary>
/// A mixture of normal distributions, cut off at 0 and 1, around values that were seen, and a wide one over the whole range (the prior). The deviation of each is the distance to its farther neighbour, the prior's middle
/// counting as one, of the outermost the distance to their only one, and at least 1 / min(100, 2 + n). These are Optuna's rules.
/// </summary>
internal sealed class ParzenDensity : IDensity
{
    private readonly double[] _means;
    private readonly double[] _deviations;
    private readonly double[] _weights;
    private readonly double _cells;

    /// <param name="values">What was seen, in [0, 1).</param>
    /// <param name="weights">Weights of the values and, last, of the prior; they sum to 1.</param>
    /// <param name="cells">Cells of equal size, one per value of a whole number; 0 for none.</param>
    public ParzenDensity(IReadOnlyList<double> values, double[] weights, double cells)
    {
        (_means, _weights, _cells) = ([.. values, 0.5], weights, cells);
        _deviations = Deviations(_means);
    }

    /// <summary>Standard deviations of the parts, the prior's last.</summary>
    public IReadOnlyList<double> StandardDeviations => _deviations;

    public double Sample(SeededRandom random)
    {
        var part = TpeWeights.Draw(_weights, random);
        var (mean, deviation) = (_means[part], _deviations[part]);
        var low = NormalDistribution.Cumulative(-mean / deviation);
        var high = NormalDistribution.Cumulative((1 - mean) / deviation);
        var value = mean + (deviation * NormalDistribution.Quantile(low + (random.NextDouble() * (high - low))));
        value = Math.Clamp(value, 0, Math.BitDecrement(1.0));
        return _cells == 0 ? value : (Math.Floor(value * _cells) + 0.5) / _cells;
    }

    public double LogAt(double value)
    {
        var logs = new double[_means.Length];
        for (var i = 0; i < logs.Length; i++)
        {
            logs[i] = Math.Log(_weights[i]) + LogOf(i, value);
        }

        var greatest = logs.Max();
        return greatest + Math.Log(logs.Sum(l => Math.Exp(l - greatest)));
    }

    private static double[] Deviations(double[] means)
    {
        var order = Enumerable.Range(0, means.Length).ToArray();
        System.Array.Sort(order, (a, b) => means[a] != means[b] ? means[a].CompareTo(means[b]) : a.CompareTo(b));
        var deviations = new double[means.Length];
        var least = 1 / Math.Min(100.0, 1 + means.Length);
        for (var place = 0; place < order.Length; place++)
        {
            var left = place > 0 ? means[order[place]] - means[order[place - 1]] : 0;
            var right = place + 1 < order.Length ? means[order[place + 1]] - means[order[place]] : 0;
            deviations[order[place]] = Math.Clamp(Math.Max(left, right), least, 1);
        }

        deviations[^1] = 1;
        return deviations;
    }

    private double LogOf(int part, double value)
    {
        var (mean, deviation) = (_means[part], _deviations[part]);
        var whole = Between(-mean / deviation, (1 - mean) / deviation);
        if (_cells > 0)
        {
            var cell = Math.Floor(value * _cells);
            return Math.Log(Math.Max(double.Epsilon, Between(((cell / _cells) - mean) / deviation, (((cell + 1) / _cells) - mean) / deviation) / whole));
        }

        var z = (value - mean) / deviation;
        return (-0.5 * z * z) - Math.Log(deviation * Math.Sqrt(2 * Math.PI) * whole);
    }

    // In the upper tail the difference of two numbers near 1 would be nothing.
    private static double Between(double low, double high)
        => low > 0 ? NormalDistribution.Cumulative(-low) - NormalDistribution.Cumulative(-high) : NormalDistribution.Cumulative(high) - NormalDistribution.Cumulative(low);
}
