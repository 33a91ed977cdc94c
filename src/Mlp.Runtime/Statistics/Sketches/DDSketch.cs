using System.Buffers;
using System.Numerics.Tensors;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>
/// Quantiles of finite values to a relative error: every quantile is within α of a value at its rank, whatever the order and the distribution of the values. Not safe for use by several threads at once.
/// </summary>
/// <remarks>
/// Masson, Rim and Lee, "DDSketch" (VLDB 2019), with the bins of <see cref="CubicMapping"/>: one store for positive values, one for negative ones and a count of zeros.
/// A store has at most <see cref="MaximumBinCount"/> bins; where the values span more, the bins of the least magnitudes are folded into one, and <see cref="CollapsedWeight"/> says how much of the weight lost its accuracy by that.
/// Deterministic: the same values in any order give the same sketch, and a merged sketch is the sketch of all values, folded bins included (sums of fractional weights to rounding).
/// </remarks>
internal sealed class DDSketch
{
    /// <summary>α unless told otherwise: 1 %.</summary>
    internal const double DefaultRelativeAccuracy = 0.01;

    /// <summary>Bins per sign unless told otherwise: 17 decades at 1 %.</summary>
    internal const int DefaultMaximumBinCount = 2048;

    private const int GreatestMaximumBinCount = 65_536;
    private const int BlockLength = 1024;
    private readonly CubicMapping _mapping;
    private readonly MagnitudeBins _positive;
    private readonly MagnitudeBins _negative;
    private double _zeroWeight;

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="relativeAccuracy">α, 0.0001 to 0.5.</param>
    /// <param name="maximumBinCount">Bins per sign, 16 to 65,536.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    internal DDSketch(double relativeAccuracy = DefaultRelativeAccuracy, int maximumBinCount = DefaultMaximumBinCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumBinCount, 16);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumBinCount, GreatestMaximumBinCount);
        _mapping = CubicMapping.Of(relativeAccuracy);
        _positive = new(maximumBinCount);
        _negative = new(maximumBinCount);
        MaximumBinCount = maximumBinCount;
    }

    private DDSketch(DDSketch other)
    {
        _mapping = other._mapping;
        _positive = other._positive.Clone();
        _negative = other._negative.Clone();
        _zeroWeight = other._zeroWeight;
        MaximumBinCount = other.MaximumBinCount;
    }

    /// <summary>α.</summary>
    internal double RelativeAccuracy => _mapping.RelativeAccuracy;

    /// <summary>Bins per sign at most.</summary>
    internal int MaximumBinCount { get; }

    /// <summary>The weight of all values; their number where all weights are 1.</summary>
    internal double Weight => _positive.Weight + _negative.Weight + _zeroWeight;

    /// <summary>The weight of values whose bins were folded together, for which α does not hold; 0 where the bins sufficed.</summary>
    internal double CollapsedWeight => _positive.FoldedWeight + _negative.FoldedWeight;

    /// <summary>Bins that hold something, zero included.</summary>
    internal int BinCount => _positive.OccupiedCount + _negative.OccupiedCount + (_zeroWeight > 0 ? 1 : 0);

    /// <summary>A copy.</summary>
    internal DDSketch Clone() => new(this);

    /// <summary>Adds a value.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="weight">How many it stands for, finite and above 0.</param>
    internal void Add(double value, double weight = 1)
    {
        var key = _mapping.KeyOf(value);
        if (key == 0)
        {
            _zeroWeight += weight;
        }
        else
        {
            (key > 0 ? _positive : _negative).Add(Math.Abs(key), weight);
        }
    }

    /// <summary>Adds many values.</summary>
    /// <param name="values">Finite.</param>
    internal void Add(ReadOnlySpan<double> values)
    {
        Span<int> keys = stackalloc int[Math.Min(BlockLength, values.Length)];
        for (; !values.IsEmpty; values = values[keys.Length..])
        {
            keys = keys[..Math.Min(keys.Length, values.Length)];
            _mapping.KeysOf(values[..keys.Length], keys);
            AddKeys(keys);
        }
    }

    /// <summary>The scalar twin of <see cref="Add(ReadOnlySpan{double})"/>.</summary>
    /// <param name="values">Finite.</param>
    internal void AddScalar(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            Add(value);
        }
    }

    /// <summary>Adds what another sketch has seen.</summary>
    /// <param name="other">The other; unchanged.</param>
    /// <exception cref="ArgumentException">It has another accuracy or another limit of bins.</exception>
    internal void Merge(DDSketch other)
    {
        if (other.RelativeAccuracy != RelativeAccuracy || other.MaximumBinCount != MaximumBinCount)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected a quantile sketch of relative accuracy {RelativeAccuracy} with at most {MaximumBinCount} bins, ")
                + FormattableString.Invariant($"but found one of {other.RelativeAccuracy} with {other.MaximumBinCount}."),
                nameof(other));
        }

        _positive.Merge(other._positive);
        _negative.Merge(other._negative);
        _zeroWeight += other._zeroWeight;
    }

    /// <summary>The value at a rank: of the bin that holds the value of rank q (n − 1) in ascending order, counted from 0. NaN where there are no values.</summary>
    /// <param name="share">q, 0 to 1.</param>
    internal double Quantile(double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "Expected a share between 0 and 1.");
        }

        var rank = share * (Weight - 1);
        var sum = 0.0;
        var value = double.NaN;
        foreach (var (key, weight) in Bins())
        {
            sum += weight;
            value = _mapping.ValueOf(key);
            if (sum > rank)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>
    /// The distribution function: a step at the value of each bin. It is exact at the edges of bins, so its rank error is the share of the heaviest bin, but for zero, which a bin holds alone. Two sketches of one accuracy have their steps at the same values:
    /// the largest difference of their distribution functions is then never above the true one.
    /// </summary>
    internal EmpiricalDistribution ToDistribution()
    {
        var count = BinCount;
        var (values, cumulative) = (new double[count], new double[count]);
        var (filled, sum, heaviest) = (0, 0.0, 0.0);
        var (first, weights) = _negative.All;
        for (var i = weights.Length - 1; i >= 0; i--)
        {
            if (weights[i] > 0)
            {
                sum += weights[i];
                heaviest = Math.Max(heaviest, weights[i]);
                (values[filled], cumulative[filled++]) = (-_mapping.MagnitudeOf(first + i), sum);
            }
        }

        if (_zeroWeight > 0)
        {
            sum += _zeroWeight;
            cumulative[filled++] = sum;
        }

        (first, weights) = _positive.All;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                sum += weights[i];
                heaviest = Math.Max(heaviest, weights[i]);
                (values[filled], cumulative[filled++]) = (_mapping.MagnitudeOf(first + i), sum);
            }
        }

        return new(values, cumulative, sum > 0 ? heaviest / sum : 0) { GridAccuracy = CollapsedWeight > 0 ? null : RelativeAccuracy };
    }

    /// <summary>A distribution of values over the bins of sketches of an accuracy, so that it can be compared with one of those.</summary>
    /// <param name="distribution">Of values.</param>
    /// <param name="relativeAccuracy">α of the sketches.</param>
    internal static EmpiricalDistribution OnGrid(EmpiricalDistribution distribution, double relativeAccuracy)
    {
        var sketch = new DDSketch(relativeAccuracy, GreatestMaximumBinCount);
        var below = 0.0;
        for (var i = 0; i < distribution.Values.Length; i++)
        {
            sketch.Add(distribution.Values[i], distribution.CumulativeWeights[i] - below);
            below = distribution.CumulativeWeights[i];
        }

        return sketch.ToDistribution();
    }

    /// <summary>Bins that hold something, by ascending value.</summary>
    internal IEnumerable<(int Key, double Weight)> Bins()
    {
        foreach (var (key, weight) in _negative.Occupied.Reverse())
        {
            yield return (-key, weight);
        }

        if (_zeroWeight > 0)
        {
            yield return (0, _zeroWeight);
        }

        foreach (var bin in _positive.Occupied)
        {
            yield return bin;
        }
    }

    /// <summary>Writes the sketch (format version 1).</summary>
    /// <param name="writer">Where to.</param>
    internal void Write(SketchWriter writer)
    {
        writer.WriteHeader(SketchFormat.DDSketch);
        writer.WriteDouble(RelativeAccuracy);
        writer.WriteVarint((ulong)MaximumBinCount);
        writer.WriteWeight(_zeroWeight);
        _positive.Write(writer);
        _negative.Write(writer);
    }

    /// <summary>Reads a sketch.</summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static DDSketch Read(ref SketchReader reader)
    {
        var (accuracy, binCount, zeroWeight) = ReadHead(ref reader);
        var sketch = new DDSketch(accuracy, binCount) { _zeroWeight = zeroWeight };
        sketch._positive.Read(ref reader);
        sketch._negative.Read(ref reader);
        return sketch;
    }

    /// <summary>Passes over a sketch, and refuses what <see cref="Read"/> refuses.</summary>
    /// <param name="reader">Where from.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    internal static void Skip(ref SketchReader reader)
    {
        var (_, binCount, _) = ReadHead(ref reader);
        for (var sign = 0; sign < 2; sign++)
        {
            new StoredBins(ref reader, binCount).Read(ref reader, [], []);
        }
    }

    /// <summary><see cref="ToDistribution"/> of a sketch that is not needed otherwise, straight from its bytes: the same steps.</summary>
    /// <param name="reader">Where from.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    internal static EmpiricalDistribution ReadDistribution(ref SketchReader reader)
    {
        var (accuracy, binCount, zeroWeight) = ReadHead(ref reader);
        var mapping = CubicMapping.Of(accuracy);
        var keys = ArrayPool<int>.Shared.Rent(binCount);
        var weights = ArrayPool<double>.Shared.Rent(2 * binCount);
        var positive = new StoredBins(ref reader, binCount);
        positive.Read(ref reader, keys.AsSpan(0, positive.Count), weights);
        for (var i = 0; i < positive.Count; i++)
        {
            weights[binCount + i] = mapping.MagnitudeOf(keys[i]);
        }

        var negative = new StoredBins(ref reader, binCount);
        var zeroCount = zeroWeight > 0 ? 1 : 0;
        var values = GC.AllocateUninitializedArray<double>(negative.Count + zeroCount + positive.Count);
        var cumulative = GC.AllocateUninitializedArray<double>(values.Length);
        weights.AsSpan(0, positive.Count).CopyTo(cumulative.AsSpan(negative.Count + zeroCount));
        weights.AsSpan(binCount, positive.Count).CopyTo(values.AsSpan(negative.Count + zeroCount));
        values.AsSpan(negative.Count, zeroCount).Clear();
        cumulative.AsSpan(negative.Count, zeroCount).Fill(zeroWeight);

        // The bins of negative values are stored by ascending magnitude.
        negative.Read(ref reader, keys.AsSpan(0, negative.Count), weights);
        for (var i = 0; i < negative.Count; i++)
        {
            (values[negative.Count - 1 - i], cumulative[negative.Count - 1 - i]) = (-mapping.MagnitudeOf(keys[i]), weights[i]);
        }

        ArrayPool<int>.Shared.Return(keys);
        ArrayPool<double>.Shared.Return(weights);
        var (sum, heaviest) = (0.0, 0.0);
        for (var i = 0; i < cumulative.Length; i++)
        {
            heaviest = values[i] == 0 ? heaviest : Math.Max(heaviest, cumulative[i]);
            cumulative[i] = sum += cumulative[i];
        }

        return new(values, cumulative, sum > 0 ? heaviest / sum : 0) { GridAccuracy = positive.FoldedWeight + negative.FoldedWeight > 0 ? null : accuracy };
    }

    private static (double RelativeAccuracy, int MaximumBinCount, double ZeroWeight) ReadHead(ref SketchReader reader)
    {
        reader.ReadHeader(SketchFormat.DDSketch);
        var accuracy = reader.ReadDouble();
        var binCount = reader.ReadCount(GreatestMaximumBinCount);
        SketchReader.Require(accuracy is >= 0.0001 and <= 0.5 && binCount >= 16, "a quantile sketch has a relative accuracy and a limit of bins in their ranges");
        return (accuracy, binCount, reader.ReadWeight());
    }

    private void AddKeys(ReadOnlySpan<int> keys)
    {
        if (TensorPrimitives.Min(keys) > 0)
        {
            _positive.AddEach(keys);
            return;
        }

        // Values of both signs: each store takes its own, sorted out without a branch that nobody could predict.
        Span<int> positive = stackalloc int[keys.Length];
        Span<int> negative = stackalloc int[keys.Length];
        var (positives, negatives) = (0, 0);
        foreach (var key in keys)
        {
            positive[positives] = key;
            negative[negatives] = -key;
            positives += key > 0 ? 1 : 0;
            negatives += key < 0 ? 1 : 0;
        }

        _positive.AddEach(positive[..positives]);
        _negative.AddEach(negative[..negatives]);
        _zeroWeight += keys.Length - positives - negatives;
    }
}
