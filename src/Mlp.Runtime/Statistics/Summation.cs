using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Statistics;

/// <summary>Sums in double that give the same bits on every machine.</summary>
/// <remarks>
/// Element i goes to lane i mod 8, and the eight lanes are added from the first to the last: the order is fixed by the code, not by the
/// width of the machine's vectors. The scalar twins add in the same order, so that the two agree bit for bit. NaN and infinities propagate;
/// an empty sum is 0. The error is at most about n/8 units in the last place of the sum of the terms' magnitudes (Higham, "Accuracy and
/// Stability of Numerical Algorithms", 4.2).
/// </remarks>
internal static class Summation
{
    private const int Lanes = 8;

    private interface ITerm
    {
        double Of(double value);

        Vector512<double> Of(Vector512<double> values);
    }

    /// <summary>Σ x.</summary>
    /// <param name="values">Any values.</param>
    internal static double Sum(ReadOnlySpan<double> values) => Reduce(values, default(Identity));

    /// <summary>The scalar twin of <see cref="Sum"/>.</summary>
    /// <param name="values">Any values.</param>
    internal static double SumScalar(ReadOnlySpan<double> values) => ReduceScalar(values, default(Identity));

    /// <summary>Σ |x|.</summary>
    /// <param name="values">Any values.</param>
    internal static double SumOfMagnitudes(ReadOnlySpan<double> values) => Reduce(values, default(Magnitude));

    /// <summary>The scalar twin of <see cref="SumOfMagnitudes"/>.</summary>
    /// <param name="values">Any values.</param>
    internal static double SumOfMagnitudesScalar(ReadOnlySpan<double> values) => ReduceScalar(values, default(Magnitude));

    /// <summary>Σ (x − c)².</summary>
    /// <param name="values">Any values.</param>
    /// <param name="center">c.</param>
    internal static double SumOfSquaredDeviations(ReadOnlySpan<double> values, double center)
        => Reduce(values, new SquaredDeviation(center));

    /// <summary>The scalar twin of <see cref="SumOfSquaredDeviations"/>.</summary>
    /// <param name="values">Any values.</param>
    /// <param name="center">c.</param>
    internal static double SumOfSquaredDeviationsScalar(ReadOnlySpan<double> values, double center)
        => ReduceScalar(values, new SquaredDeviation(center));

    private static double Reduce<TTerm>(ReadOnlySpan<double> values, TTerm term)
        where TTerm : struct, ITerm
    {
        var sums = Vector512<double>.Zero;
        var i = 0;
        for (; i + Lanes <= values.Length; i += Lanes)
        {
            sums += term.Of(Vector512.Create(values.Slice(i, Lanes)));
        }

        Span<double> lanes = stackalloc double[Lanes];
        sums.CopyTo(lanes);
        return AddTail(values[i..], lanes, term);
    }

    private static double ReduceScalar<TTerm>(ReadOnlySpan<double> values, TTerm term)
        where TTerm : struct, ITerm
    {
        Span<double> lanes = stackalloc double[Lanes];
        lanes.Clear();
        var whole = values.Length - (values.Length % Lanes);
        for (var i = 0; i < whole; i++)
        {
            lanes[i % Lanes] += term.Of(values[i]);
        }

        return AddTail(values[whole..], lanes, term);
    }

    private static double AddTail<TTerm>(ReadOnlySpan<double> tail, Span<double> lanes, TTerm term)
        where TTerm : struct, ITerm
    {
        for (var i = 0; i < tail.Length; i++)
        {
            lanes[i] += term.Of(tail[i]);
        }

        var sum = 0.0;
        foreach (var lane in lanes)
        {
            sum += lane;
        }

        return sum;
    }

    private readonly struct Identity : ITerm
    {
        public double Of(double value) => value;

        public Vector512<double> Of(Vector512<double> values) => values;
    }

    private readonly struct Magnitude : ITerm
    {
        public double Of(double value) => Math.Abs(value);

        public Vector512<double> Of(Vector512<double> values) => Vector512.Abs(values);
    }

    private readonly struct SquaredDeviation(double center) : ITerm
    {
        private readonly double _center = center;

        public double Of(double value) => (value - _center) * (value - _center);

        public Vector512<double> Of(Vector512<double> values)
        {
            var deviation = values - Vector512.Create(_center);
            return deviation * deviation;
        }
    }
}
