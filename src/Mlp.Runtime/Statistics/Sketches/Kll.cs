using System.Numerics.Tensors;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>Quantiles to an error of rank, whatever the distribution of the values: where <see cref="DDSketch"/> bounds how far a value is off, this bounds how far its rank is. Not safe for use by several threads at once.</summary>
/// <remarks>
/// Karnin, Lang and Liberty, "Optimal quantile approximation in streams" (FOCS 2016), much as DataSketches lays it out: level h holds values that stand for 2^h each; a level that is over its share of the room, k in the lowest and max(8, k (2/3)^depth) above, is sorted and every other value, the odd ones
/// or the even ones by a coin, goes one level up. With a probability of 99 % the error of a rank is at most 2.296 / k^0.9723 (fitted by its authors): 1.33 % for k = 200. Fewer than k values are kept as they are, without error. The coin is seeded: the same values in
/// the same order give the same sketch. The order of values, and of merges, changes what is kept, within the bound.
/// </remarks>
internal sealed class Kll
{
    /// <summary>k unless told otherwise.</summary>
    internal const int DefaultK = 200;

    private const int SmallestLevel = 8;
    private const ulong CoinStep = 0x9E3779B97F4A7C15;
    private readonly List<KllLevel> _levels = [new()];
    private int _capacity;
    private ulong _coin;

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="k">8 to 65,535.</param>
    /// <param name="seed">Of the coin.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is outside its range.</exception>
    internal Kll(int k = DefaultK, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, 65_535);
        K = k;
        _coin = seed;
        _capacity = TotalCapacity();
    }

    /// <summary>k.</summary>
    internal int K { get; }

    /// <summary>Values.</summary>
    internal long Count { get; private set; }

    /// <summary>Smallest value; NaN without values.</summary>
    internal double Minimum { get; private set; } = double.NaN;

    /// <summary>Largest value; NaN without values.</summary>
    internal double Maximum { get; private set; } = double.NaN;

    /// <summary>Values that are kept.</summary>
    internal int RetainedCount => _levels.Sum(level => level.Count);

    /// <summary>How far the rank of a value may be off, as a share of the number of values, with a probability of 99 %; 0 where every value is kept.</summary>
    internal double RankError => _levels.Count == 1 ? 0 : 2.296 / Math.Pow(K, 0.9723);

    /// <summary>A copy.</summary>
    internal Kll Clone()
    {
        var clone = new Kll(K, _coin);
        clone.CopyFrom(this);
        return clone;
    }

    /// <summary>Adds a value.</summary>
    /// <param name="value">Not NaN.</param>
    internal void Add(double value) => Add([value]);

    /// <summary>Adds values.</summary>
    /// <param name="values">Without NaN.</param>
    internal void Add(ReadOnlySpan<double> values)
    {
        Count += values.Length;
        if (!values.IsEmpty)
        {
            Minimum = double.MinNumber(Minimum, TensorPrimitives.Min(values));
            Maximum = double.MaxNumber(Maximum, TensorPrimitives.Max(values));
        }

        while (!values.IsEmpty)
        {
            var taken = Math.Min(values.Length, Math.Max(1, _capacity - RetainedCount));
            _levels[0].Append(values[..taken]);
            values = values[taken..];
            Compress();
        }
    }

    /// <summary>Adds what another sketch has seen.</summary>
    /// <param name="other">The other; unchanged.</param>
    /// <exception cref="ArgumentException">It has another k.</exception>
    internal void Merge(Kll other)
    {
        if (other.K != K)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected a quantile sketch of k = {K}, but found one of k = {other.K}."), nameof(other));
        }

        if (other.Count == 0)
        {
            return;
        }

        while (_levels.Count < other._levels.Count)
        {
            _levels.Add(new());
        }

        _capacity = TotalCapacity();
        _levels[0].Append(other._levels[0].Values);
        for (var h = 1; h < other._levels.Count; h++)
        {
            _levels[h].MergeSorted(other._levels[h].Values);
        }

        Count += other.Count;
        Minimum = double.MinNumber(Minimum, other.Minimum);
        Maximum = double.MaxNumber(Maximum, other.Maximum);
        Compress();
    }

    /// <summary>The value at a rank; the ends are exact. NaN without values.</summary>
    /// <param name="share">0 to 1.</param>
    internal double Quantile(double share)
    {
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "Expected a share between 0 and 1.");
        }

        if (share is 0 or 1 || Count == 0)
        {
            return share == 0 ? Minimum : Maximum;
        }

        var distribution = ToDistribution();
        var rank = share * Count;
        var i = distribution.CumulativeWeights.BinarySearch(rank);
        return distribution.Values[Math.Min(i < 0 ? ~i : i, distribution.Values.Length - 1)];
    }

    /// <summary>The distribution function of the values that are kept, each with the weight of its level.</summary>
    internal EmpiricalDistribution ToDistribution()
    {
        var count = RetainedCount;
        var (values, weights) = (new double[count], new double[count]);
        var i = 0;
        for (var h = 0; h < _levels.Count; h++)
        {
            foreach (var value in _levels[h].Values)
            {
                (values[i], weights[i++]) = (value + 0.0, Math.ScaleB(1, h));
            }
        }

        Array.Sort(values, weights);
        var (distinct, sum) = (0, 0.0);
        for (i = 0; i < count; i++)
        {
            sum += weights[i];
            if (i + 1 == count || values[i + 1] != values[i])
            {
                (values[distinct], weights[distinct++]) = (values[i], sum);
            }
        }

        return new(values[..distinct], weights[..distinct], RankError);
    }

    /// <summary>Writes the sketch (format version 1).</summary>
    /// <param name="writer">Where to.</param>
    internal void Write(SketchWriter writer)
    {
        writer.WriteHeader(SketchFormat.Kll);
        writer.WriteVarint((ulong)K);
        writer.WriteUInt64(_coin);
        writer.WriteCount(Count);
        writer.WriteDouble(Minimum);
        writer.WriteDouble(Maximum);
        writer.WriteVarint((ulong)_levels.Count);
        foreach (var level in _levels)
        {
            writer.WriteVarint((ulong)level.Count);
            foreach (var value in level.Values)
            {
                writer.WriteDouble(value);
            }
        }
    }

    /// <summary>Reads a sketch.</summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static Kll Read(ref SketchReader reader)
    {
        reader.ReadHeader(SketchFormat.Kll);
        var k = reader.ReadCount(65_535);
        SketchReader.Require(k >= 8, "k of a quantile sketch is at least 8");
        var sketch = new Kll(k, reader.ReadUInt64()) { Count = reader.ReadLongCount(), Minimum = reader.ReadDouble(), Maximum = reader.ReadDouble() };
        var levels = reader.ReadCount(62);
        sketch._levels.Clear();
        var weight = 0.0;
        for (var h = 0; h < levels; h++)
        {
            var values = new double[reader.ReadCount(16 * k)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = reader.ReadDouble();
                SketchReader.Require(!double.IsNaN(values[i]) && (h == 0 || i == 0 || values[i] >= values[i - 1]), "the levels of a quantile sketch ascend");
            }

            sketch._levels.Add(new(values));
            weight += Math.ScaleB(values.Length, h);
        }

        SketchReader.Require(levels > 0 && weight == sketch.Count, "the values of a quantile sketch stand for all that it has seen");
        sketch._capacity = sketch.TotalCapacity();
        return sketch;
    }

    private void CopyFrom(Kll other)
    {
        _levels.Clear();
        _levels.AddRange(other._levels.Select(level => new KllLevel(level.Values)));
        (_capacity, Count, Minimum, Maximum) = (other._capacity, other.Count, other.Minimum, other.Maximum);
    }

    private void Compress()
    {
        while (RetainedCount >= _capacity)
        {
            var h = 0;
            while (_levels[h].Count < CapacityOf(h))
            {
                h++;
            }

            if (h + 1 == _levels.Count)
            {
                _levels.Add(new());
                _capacity = TotalCapacity();
            }

            if (h == 0)
            {
                _levels[0].Sort();
            }

            _levels[h + 1].MergeSorted(_levels[h].TakeHalf(Toss(), Toss()));
        }
    }

    /// <summary>A bit of SplitMix64 (Steele, Lea and Flood, 2014).</summary>
    private bool Toss()
    {
        _coin += CoinStep;
        var z = _coin;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (z ^ (z >> 31)) >> 63 == 1;
    }

    /// <summary>The lowest level has room for k values, so that they are sorted many at a time.</summary>
    private int CapacityOf(int level) => level == 0 ? K : Math.Max(SmallestLevel, (int)Math.Round(K * Math.Pow(2.0 / 3, _levels.Count - level - 1)));

    private int TotalCapacity() => Enumerable.Range(0, _levels.Count).Sum(CapacityOf);
}
