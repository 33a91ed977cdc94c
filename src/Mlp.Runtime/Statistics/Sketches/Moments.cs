using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>Number, weight, mean, variance and range of finite values, in one pass. Not safe for use by several threads at once.</summary>
/// <remarks>
/// Within a block the mean comes first and the squared deviations from it second, by sums in a fixed order (<see cref="Summation"/>); blocks and shards are joined by
/// M = M_a + M_b + (m_b − m_a)² w_a w_b / (w_a + w_b) (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979). A large mean does not swallow a small spread.
/// Number, least and greatest value do not depend on how values were split into blocks and shards; mean and variance do to rounding. The variance is infinite where squares overflow, the mean never.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal record struct Moments
{
    private double _mean;
    private double _squares;

    /// <summary>Nothing seen yet.</summary>
    public Moments()
    {
    }

    /// <summary>Values.</summary>
    internal long Count { get; private set; }

    /// <summary>Σ w; the number of values where all weights are 1.</summary>
    internal double Weight { get; private set; }

    /// <summary>Σ w².</summary>
    internal double SquaredWeight { get; private set; }

    /// <summary>Smallest value; NaN without values.</summary>
    internal double Minimum { get; private set; } = double.NaN;

    /// <summary>Largest value; NaN without values.</summary>
    internal double Maximum { get; private set; } = double.NaN;

    /// <summary>Σ w x / Σ w; NaN without values.</summary>
    internal readonly double Mean => Count == 0 ? double.NaN : _mean;

    /// <summary>Σ w (x − mean)² / Σ w: the variance with divisor n (population); NaN without values.</summary>
    internal readonly double Variance => Count == 0 ? double.NaN : _squares / Weight;

    /// <summary>Adds values of weight 1.</summary>
    /// <param name="values">Finite.</param>
    internal void Add(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
        {
            return;
        }

        var (least, greatest) = (TensorPrimitives.Min(values) + 0.0, TensorPrimitives.Max(values) + 0.0);
        var mean = least == greatest ? least : MeanOf(values);
        Merge(new()
        {
            Count = values.Length,
            Weight = values.Length,
            SquaredWeight = values.Length,
            Minimum = least,
            Maximum = greatest,
            _mean = mean,
            _squares = least == greatest ? 0 : Summation.SumOfSquaredDeviations(values, mean),
        });
    }

    /// <summary>Adds a value.</summary>
    /// <param name="value">Finite.</param>
    /// <param name="weight">How many it stands for, finite and above 0.</param>
    internal void Add(double value, double weight = 1) => Merge(new()
    {
        Count = 1,
        Weight = weight,
        SquaredWeight = weight * weight,
        Minimum = value + 0.0,
        Maximum = value + 0.0,
        _mean = value + 0.0,
    });

    /// <summary>Adds what others have seen.</summary>
    /// <param name="other">The other.</param>
    internal void Merge(in Moments other)
    {
        if (other.Count == 0)
        {
            return;
        }

        if (Count == 0)
        {
            this = other;
            return;
        }

        var weight = Weight + other.Weight;
        var gap = other._mean - _mean;
        var share = other.Weight / weight;
        _squares += other._squares + (gap == 0 ? 0 : gap * gap * (Weight * share));
        _mean = double.IsFinite(gap) ? _mean + (gap * share) : (_mean * (1 - share)) + (other._mean * share);
        Count += other.Count;
        Weight = weight;
        SquaredWeight += other.SquaredWeight;
        Minimum = Math.Min(Minimum, other.Minimum);
        Maximum = Math.Max(Maximum, other.Maximum);
    }

    /// <summary>Writes the moments (format version 1).</summary>
    /// <param name="writer">Where to.</param>
    internal readonly void Write(SketchWriter writer)
    {
        writer.WriteHeader(SketchFormat.Moments);
        writer.WriteCount(Count);
        writer.WriteWeight(Weight);
        writer.WriteWeight(SquaredWeight);
        if (Count > 0)
        {
            writer.WriteDouble(_mean);
            writer.WriteDouble(_squares);
            writer.WriteDouble(Minimum);
            writer.WriteDouble(Maximum);
        }
    }

    /// <summary>Reads moments.</summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote them.</exception>
    internal static Moments Read(ref SketchReader reader)
    {
        reader.ReadHeader(SketchFormat.Moments);
        var moments = new Moments { Count = reader.ReadLongCount(), Weight = reader.ReadWeight(), SquaredWeight = reader.ReadWeight() };
        if (moments.Count > 0)
        {
            moments._mean = reader.ReadDouble();
            moments._squares = reader.ReadDouble();
            moments.Minimum = reader.ReadDouble();
            moments.Maximum = reader.ReadDouble();
        }

        SketchReader.Require(moments.Count == 0 ? moments.Weight == 0 : moments.Minimum <= moments.Maximum && moments._squares >= 0 && moments.Weight > 0, "moments agree with each other");
        return moments;
    }

    private static double MeanOf(ReadOnlySpan<double> values)
    {
        var mean = Summation.Sum(values) / values.Length;
        return double.IsFinite(mean) ? mean : MeanOfHuge(values);
    }

    /// <summary>Where the sum overflows.</summary>
    private static double MeanOfHuge(ReadOnlySpan<double> values)
    {
        var mean = 0.0;
        foreach (var value in values)
        {
            mean += value / values.Length;
        }

        return mean;
    }
}
