using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// The finite numbers of a window with their weights, for the tests that need more than bins. Above its limit, of each two neighbours one stays, by a coin, and stands for both: memory is bounded, and
/// <see cref="EffectiveRowCount"/> says how many rows the tests may count on. Not thread-safe.
/// </summary>
/// <param name="limit">Numbers that are kept at most, an even number.</param>
internal sealed class ValueSample(int limit)
{
    private readonly List<double> _values = [];
    private readonly List<double> _weights = [];
    private ulong _coin = 1;
    private int _blockLength = 1;
    private int _blockCount;
    private double _blockWeight;
    private double _blockValue;
    private double _sumOfWeights;
    private double _sumOfSquares;

    /// <summary>(Σ w)² / Σ w² of what is kept; 0 without numbers.</summary>
    public double EffectiveRowCount
    {
        get
        {
            EndBlock();
            return _sumOfSquares == 0 ? 0 : _sumOfWeights * _sumOfWeights / _sumOfSquares;
        }
    }

    /// <summary>Takes a number; what is not finite is passed over.</summary>
    public void Add(double value, double weight)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        // One of each block of neighbours, each as likely as its weight says; it stands for all of them. A fixed one would fall in with whatever repeats in the rows.
        _blockWeight += weight;
        if (_blockCount++ == 0 || Toss() * _blockWeight < weight)
        {
            _blockValue = value;
        }

        if (_blockCount == _blockLength)
        {
            EndBlock();
        }
    }

    /// <summary>Takes what another one has kept.</summary>
    public void Merge(ValueSample other)
    {
        other.EndBlock();
        for (var i = 0; i < other._values.Count; i++)
        {
            Keep(other._values[i], other._weights[i]);
        }
    }

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        _values.Clear();
        _weights.Clear();
        (_blockLength, _blockCount, _blockWeight, _sumOfWeights, _sumOfSquares) = (1, 0, 0, 0, 0);
    }

    /// <summary>The distribution of what is kept.</summary>
    public EmpiricalDistribution ToDistribution()
    {
        EndBlock();
        return SampleDistribution.OfWeighted([.. _values], [.. _weights]);
    }

    private void EndBlock()
    {
        if (_blockCount > 0)
        {
            var (value, weight) = (_blockValue, _blockWeight);
            (_blockCount, _blockWeight) = (0, 0);
            Keep(value, weight);
        }
    }

    private void Keep(double value, double weight)
    {
        _values.Add(value);
        _weights.Add(weight);
        _sumOfWeights += weight;
        _sumOfSquares += weight * weight;
        if (_values.Count > limit)
        {
            Halve();
        }
    }

    private void Halve()
    {
        var kept = 0;
        (_sumOfWeights, _sumOfSquares) = (0, 0);
        for (var i = 0; i < _values.Count; i += 2)
        {
            var both = i + 1 < _values.Count;
            var weight = _weights[i] + (both ? _weights[i + 1] : 0);
            _values[kept] = both && Toss() * weight >= _weights[i] ? _values[i + 1] : _values[i];
            _weights[kept++] = weight;
            _sumOfWeights += weight;
            _sumOfSquares += weight * weight;
        }

        _values.RemoveRange(kept, _values.Count - kept);
        _weights.RemoveRange(kept, _weights.Count - kept);
        _blockLength *= 2;
    }

    // SplitMix64 (Steele, Lea and Flood, 2014), seeded: the same rows give the same sample.
    private double Toss()
    {
        var z = _coin += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
