namespace Mlp.Runtime.Kernels;

/// <summary>A column of a value that is a column of an input, shifted and stretched: input = value * <paramref name="Factor"/> + <paramref name="Offset"/>.</summary>
/// <param name="Input">Index of the input; -1 for a column that comes from no single one.</param>
/// <param name="Column">Column of the input.</param>
/// <param name="Factor">The stretch.</param>
/// <param name="Offset">The shift.</param>
internal readonly record struct ColumnOrigin(int Input, int Column, double Factor, double Offset)
{
    /// <summary>A column that comes from no single one.</summary>
    public static ColumnOrigin None { get; } = new(-1, 0, 1, 0);

    /// <summary>The value of the input that makes the column a number.</summary>
    /// <param name="value">The number.</param>
    public double InputOf(double value) => (value * Factor) + Offset;
}
