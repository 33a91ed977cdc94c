using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Models;

/// <summary>
/// Rows of features with the outputs that a model gives for them, kept with a published version: what a version answers when it is loaded, on any machine, is compared with what it
/// answered where it was made, and the rows warm it up. Immutable and thread-safe.
/// </summary>
/// <remarks>The rows are usually real ones. They lie in the registry as they are, and whoever can read it can read them.</remarks>
public sealed class GoldenRows
{
    /// <summary>Greatest number of rows: each is run at every load.</summary>
    public const int MaximumCount = 64;

    /// <summary>The difference that is let through unless another one is given.</summary>
    public const double DefaultTolerance = 1e-5;

    private readonly double[] _expected;

    /// <summary>Copies rows.</summary>
    /// <param name="rows">1 to <see cref="MaximumCount"/> rows with the features of the model in its order.</param>
    /// <param name="expected">The values of the score output, shape (rows, values per row), row-major.</param>
    /// <param name="tolerance">Greatest |found - expected| / max(1, |expected|) that agrees, 0 to 1. Default <see cref="DefaultTolerance"/>.</param>
    /// <exception cref="ArgumentException">The number of rows or of values is wrong.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is out of range.</exception>
    public GoldenRows(FeatureRows rows, ReadOnlySpan<double> expected, double tolerance = DefaultTolerance)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.RowCount is < 1 or > MaximumCount)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected 1 to {MaximumCount} golden rows, but found {rows.RowCount}."), nameof(rows));
        }

        if (expected.IsEmpty || expected.Length % rows.RowCount != 0)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected the same number of values for each of {rows.RowCount} golden rows, but found {expected.Length} in all."), nameof(expected));
        }

        if (!(tolerance is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "Expected a tolerance from 0 to 1.");
        }

        Rows = new FeatureRows(rows.Layout, rows.RowCount);
        FeatureRowCopy.Copy(rows, 0, rows.RowCount, Rows);
        _expected = expected.ToArray();
        OutputWidth = expected.Length / rows.RowCount;
        Tolerance = tolerance;
    }

    /// <summary>The features, in the model's order.</summary>
    public IReadOnlyList<FeatureColumn> Features => Rows.Layout.Columns;

    /// <summary>Number of rows, 1 to <see cref="MaximumCount"/>.</summary>
    public int Count => Rows.RowCount;

    /// <summary>Values of the score output per row.</summary>
    public int OutputWidth { get; }

    /// <summary>Greatest |found - expected| / max(1, |expected|) that agrees.</summary>
    public double Tolerance { get; }

    /// <summary>The rows; read only, though the type would let one write.</summary>
    internal FeatureRows Rows { get; }

    /// <summary>All expected values, shape (rows, values per row).</summary>
    internal ReadOnlySpan<double> Expected => _expected;

    /// <summary>How far a value is from the expected one, relative to values above <paramref name="scale"/>. Two NaN agree, NaN and a number are infinitely far apart, and so are different infinities.</summary>
    /// <param name="expected">Expected value.</param>
    /// <param name="found">Found value.</param>
    /// <param name="scale">Size below which values are not looked at more closely; at least 1.</param>
    internal static double Difference(double expected, double found, double scale = 1)
    {
        if (expected.Equals(found))
        {
            return 0;
        }

        var difference = Math.Abs(found - expected) / Math.Max(scale, Math.Abs(expected));
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }
}
