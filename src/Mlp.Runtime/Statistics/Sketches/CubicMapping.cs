using System.Collections.Concurrent;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>
/// Numbers the bins of a <see cref="DDSketch"/>. A key is 0 for zero, positive for positive values and negative for negative ones, and ascends with the value, so that a bin is a range of values.
/// Immutable; safe for use by many threads.
/// </summary>
/// <remarks>
/// Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees" (VLDB 2019): with γ = (1 + α) / (1 − α), bins whose edges are at most a factor γ apart hold every value to a
/// relative error of α. The logarithm of their paper is replaced by the cubic of its authors' implementation: for |x| = 2^e (1 + s), 0 ≤ s &lt; 1, it is f(x) = e + 10/7 s − 3/5 s² + 6/35 s³, whose slope over log2 |x| is at least
/// 10/7 ln 2. Bin i holds i ≤ m f(x) &lt; i + 1 with m = 7 / (10 ln γ); the price is 1 % more bins. Only additions and multiplications of double, in one order: the vector kernel and its scalar twin agree bit for bit.
/// Subnormal numbers are scaled up before, so that they are as exact as all others. Signed zeros are one value. NaN and infinities must have been taken out.
/// </remarks>
internal sealed class CubicMapping
{
    private const double Cube = 6.0 / 35;
    private const double Square = -3.0 / 5;
    private const double Linear = 10.0 / 7;
    private const double SmallestNormal = 2.2250738585072014E-308;
    private const double Scale = 1L << 54;
    private const int ScaleExponent = 54;
    private const int SmallestExponent = -1074;
    private const long MantissaMask = (1L << 52) - 1;
    private const long OneBits = 1023L << 52;

    // Adding it moves a whole number of magnitude below 2^51 into the low bits of the mantissa.
    private const double WholeNumberShift = 6755399441055744.0;

    private const int BlockLength = 256;
    private const int MaximumSharedCount = 16;

    private static readonly ConcurrentDictionary<double, CubicMapping> Shared = new();

    private readonly double _multiplier;
    private readonly int _base;

    // The values of bins in blocks, each computed when it is first asked for; two threads that do it at once compute the same.
    private readonly double[]?[] _values;

    private CubicMapping(double relativeAccuracy)
    {
        if (!(relativeAccuracy is >= 0.0001 and <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(relativeAccuracy), relativeAccuracy, "Expected a relative accuracy between 0.0001 and 0.5.");
        }

        RelativeAccuracy = relativeAccuracy;
        _multiplier = 7 / (10 * Math.Log((1 + relativeAccuracy) / (1 - relativeAccuracy)));
        _base = (int)Math.Floor(SmallestExponent * _multiplier) - 1;
        _values = new double[]?[(KeyOf(double.MaxValue) / BlockLength) + 1];
    }

    /// <summary>α: how far a value may be from the value of its bin, as a share of it.</summary>
    internal double RelativeAccuracy { get; }

    /// <summary>The mapping of an accuracy. Sketches of one accuracy share it, and with it the values of its bins.</summary>
    /// <param name="relativeAccuracy">α, 0.0001 to 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">α is outside its range.</exception>
    internal static CubicMapping Of(double relativeAccuracy)
    {
        if (Shared.TryGetValue(relativeAccuracy, out var known))
        {
            return known;
        }

        var mapping = new CubicMapping(relativeAccuracy);
        return Shared.Count < MaximumSharedCount ? Shared.GetOrAdd(relativeAccuracy, mapping) : mapping;
    }

    /// <summary>The bin of a value.</summary>
    /// <param name="value">Finite.</param>
    internal int KeyOf(double value)
    {
        var magnitude = Math.Abs(value);
        var isSubnormal = magnitude < SmallestNormal;
        var bits = BitConverter.DoubleToInt64Bits(magnitude * (isSubnormal ? Scale : 1));
        double exponent = (bits >> 52) - 1023 - (isSubnormal ? ScaleExponent : 0);
        var s = BitConverter.Int64BitsToDouble((bits & MantissaMask) | OneBits) - 1;
        var key = (int)Math.Floor((((((Cube * s) + Square) * s) + Linear) * s + exponent) * _multiplier) - _base;
        return value == 0 ? 0 : value < 0 ? -key : key;
    }

    /// <summary>The bins of many values.</summary>
    /// <param name="values">Finite.</param>
    /// <param name="keys">As many.</param>
    internal void KeysOf(ReadOnlySpan<double> values, Span<int> keys)
    {
        var i = 0;
        for (; i + Vector512<int>.Count <= values.Length; i += Vector512<int>.Count)
        {
            var low = KeysOf(Vector512.Create(values.Slice(i, Vector512<double>.Count)));
            var high = KeysOf(Vector512.Create(values.Slice(i + Vector512<double>.Count, Vector512<double>.Count)));
            Vector512.Narrow(low, high).CopyTo(keys[i..]);
        }

        for (; i < values.Length; i++)
        {
            keys[i] = KeyOf(values[i]);
        }
    }

    /// <summary>The value that stands for a bin: the harmonic mean of its edges, which is within α of all it holds.</summary>
    /// <param name="key">The bin.</param>
    internal double ValueOf(int key) => key == 0 ? 0 : Math.CopySign(MagnitudeOf(Math.Abs(key)), key);

    /// <summary>The value that stands for a bin of positive values.</summary>
    /// <param name="key">The bin, above 0.</param>
    internal double MagnitudeOf(int key)
    {
        var values = _values[(uint)key / BlockLength] ?? AddValues(key);
        return values[(uint)key % BlockLength];
    }

    private Vector512<long> KeysOf(Vector512<double> values)
    {
        var magnitudes = Vector512.Abs(values);
        var isSubnormal = Vector512.LessThan(magnitudes, Vector512.Create(SmallestNormal));
        var bits = (magnitudes * Vector512.ConditionalSelect(isSubnormal, Vector512.Create(Scale), Vector512<double>.One)).AsInt64();
        var exponents = Vector512.ConvertToDouble((bits >>> 52) - Vector512.Create(1023L) - (isSubnormal.AsInt64() & Vector512.Create((long)ScaleExponent)));
        var s = ((bits & Vector512.Create(MantissaMask)) | Vector512.Create(OneBits)).AsDouble() - Vector512<double>.One;
        var cubic = (((((Vector512.Create(Cube) * s) + Vector512.Create(Square)) * s) + Vector512.Create(Linear)) * s) + exponents;
        var whole = Vector512.Floor(cubic * Vector512.Create(_multiplier)) + Vector512.Create(WholeNumberShift);
        var keys = whole.AsInt64() - Vector512.Create(BitConverter.DoubleToInt64Bits(WholeNumberShift) + _base);
        keys = Vector512.ConditionalSelect(Vector512.LessThan(values, Vector512<double>.Zero).AsInt64(), -keys, keys);
        return Vector512.AndNot(keys, Vector512.Equals(values, Vector512<double>.Zero).AsInt64());
    }

    private double[] AddValues(int key)
    {
        var firstKey = key / BlockLength * BlockLength;
        var values = new double[BlockLength];
        var low = EdgeOf(firstKey + _base);
        for (var i = 0; i < values.Length; i++)
        {
            var high = EdgeOf(firstKey + i + 1 + _base);

            // 2 low high / (low + high) without overflow at either end of the range.
            values[i] = low == 0 ? high : double.IsInfinity(high) ? Math.Min(low * (1 + RelativeAccuracy), double.MaxValue) : low * (2 / (1 + (low / high)));
            low = high;
        }

        _values[key / BlockLength] = values;
        return values;
    }

    /// <summary>The magnitude at which m f reaches a whole number, by Newton's method: the cubic is monotone and nearly straight.</summary>
    private double EdgeOf(int index)
    {
        var position = index / _multiplier;
        var exponent = Math.Floor(position);
        var target = position - exponent;
        var s = target;
        for (var i = 0; i < 8; i++)
        {
            var error = (((((Cube * s) + Square) * s) + Linear) * s) - target;
            s -= error / ((((3 * Cube * s) + (2 * Square)) * s) + Linear);
        }

        return Math.ScaleB(1 + s, (int)exponent);
    }
}
