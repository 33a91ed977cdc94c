using System.Buffers;
using System.Numerics.Tensors;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>The bins of one sign of a <see cref="DDSketch"/>, numbered by ascending magnitude. Not safe for use by several threads at once.</summary>
/// <remarks>
/// The least bin kept is a function of the greatest: <c>greatest − maximum + 1</c>. What lies below is folded into it, so that the result does not depend on the order in which values came.
/// </remarks>
/// <param name="maximumCount">How many bins at most.</param>
internal sealed class MagnitudeBins(int maximumCount)
{
    private const int Slack = 32;

    private double[] _weights = [];
    private int _first;
    private int _floor = int.MinValue;
    private int _greatest = int.MinValue;

    /// <summary>The weight of what was folded into the least bin from below.</summary>
    internal double FoldedWeight { get; private set; }

    /// <summary>The weight of all.</summary>
    internal double Weight => Summation.Sum(_weights);

    /// <summary>How many bins hold something.</summary>
    internal int OccupiedCount => _weights.Length - _weights.AsSpan().Count(0);

    /// <summary>Neighbouring bins with all that hold something: the first of them, and the weight of each.</summary>
    internal (int First, double[] Weights) All => (_first, _weights);

    /// <summary>Bins that hold something, ascending.</summary>
    internal IEnumerable<(int Key, double Weight)> Occupied
    {
        get
        {
            for (var i = 0; i < _weights.Length; i++)
            {
                if (_weights[i] > 0)
                {
                    yield return (_first + i, _weights[i]);
                }
            }
        }
    }

    /// <summary>A copy.</summary>
    internal MagnitudeBins Clone() => new(maximumCount)
    {
        _weights = [.. _weights],
        _first = _first,
        _floor = _floor,
        _greatest = _greatest,
        FoldedWeight = FoldedWeight,
    };

    /// <summary>Adds weight to a bin.</summary>
    /// <param name="key">The bin, above 0.</param>
    /// <param name="weight">Above 0.</param>
    internal void Add(int key, double weight)
    {
        Reserve(key, key);
        FoldedWeight += key < _floor ? weight : 0;
        _weights[Math.Max(key, _floor) - _first] += weight;
    }

    /// <summary>Adds weight 1 to each of some bins.</summary>
    /// <param name="keys">Bins, above 0.</param>
    internal void AddEach(ReadOnlySpan<int> keys)
    {
        if (keys.IsEmpty)
        {
            return;
        }

        var least = TensorPrimitives.Min(keys);
        Reserve(least, TensorPrimitives.Max(keys));
        if (least < _floor)
        {
            foreach (var key in keys)
            {
                Add(key, 1);
            }

            return;
        }

        var weights = _weights;
        var first = _first;
        foreach (var key in keys)
        {
            weights[key - first]++;
        }
    }

    /// <summary>Adds all of another store of the same limit.</summary>
    /// <param name="other">The other; unchanged.</param>
    internal void Merge(MagnitudeBins other)
    {
        foreach (var (key, weight) in other.Occupied)
        {
            Add(key, weight);
        }

        // Where the floor is still the other's, what it had folded lies in the floor bin and was not counted again.
        FoldedWeight += other._floor == _floor ? other.FoldedWeight : 0;
    }

    /// <summary>Writes the bins.</summary>
    /// <param name="writer">Where to.</param>
    internal void Write(SketchWriter writer)
    {
        writer.WriteWeight(FoldedWeight);
        writer.WriteVarint((ulong)OccupiedCount);
        var last = 0;
        for (var i = 0; i < _weights.Length; i++)
        {
            if (_weights[i] > 0)
            {
                writer.WriteVarint((ulong)(_first + i - last));
                writer.WriteWeight(_weights[i]);
                last = _first + i;
            }
        }
    }

    /// <summary>Reads bins into an empty store.</summary>
    /// <param name="reader">Where from.</param>
    internal void Read(ref SketchReader reader)
    {
        var stored = new StoredBins(ref reader, maximumCount);
        var (keys, weights) = (ArrayPool<int>.Shared.Rent(stored.Count), ArrayPool<double>.Shared.Rent(stored.Count));
        stored.Read(ref reader, keys.AsSpan(0, stored.Count), weights);
        if (stored.Count > 0)
        {
            (_first, _greatest) = (keys[0], keys[stored.Count - 1]);
            _floor = _greatest - maximumCount + 1;
            _weights = new double[_greatest - _first + 1];
        }

        for (var i = 0; i < stored.Count; i++)
        {
            _weights[keys[i] - _first] = weights[i];
        }

        ArrayPool<int>.Shared.Return(keys);
        ArrayPool<double>.Shared.Return(weights);
        FoldedWeight = stored.FoldedWeight;
    }

    /// <summary>Makes room for bins, and folds what the greatest of them pushes out.</summary>
    private void Reserve(int least, int greatest)
    {
        var folded = 0.0;
        if (greatest > _greatest)
        {
            _greatest = greatest;
            _floor = greatest - maximumCount + 1;
            folded = TakeBelowFloor();
        }

        least = folded > 0 ? _floor : Math.Max(least, _floor);
        greatest = Math.Max(greatest, _floor);
        if (least < _first || greatest >= _first + _weights.Length)
        {
            Resize(least, greatest);
        }

        if (folded > 0)
        {
            // What was folded before lay in the old floor's bin, and is part of it.
            _weights[_floor - _first] += folded;
            FoldedWeight = folded;
        }
    }

    private double TakeBelowFloor()
    {
        var below = _weights.AsSpan(0, (int)Math.Clamp((long)_floor - _first, 0, _weights.Length));
        var sum = Summation.Sum(below);
        below.Clear();
        return sum;
    }

    private void Resize(int least, int greatest)
    {
        var last = _first + _weights.Length - 1;
        if (_weights.Length > 0)
        {
            (least, greatest) = (Math.Min(least, _first), Math.Max(greatest, last));
        }

        var first = Math.Max(_floor, least - Slack);
        var weights = new double[greatest + Slack - first + 1];
        var kept = _weights.AsSpan(Math.Clamp(first - _first, 0, _weights.Length));
        kept.CopyTo(weights.AsSpan(kept.IsEmpty ? 0 : last - kept.Length + 1 - first));
        (_weights, _first) = (weights, first);
    }
}
