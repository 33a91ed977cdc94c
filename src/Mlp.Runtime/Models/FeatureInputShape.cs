namespace Mlp.Runtime.Models;

/// <summary>How a declared shape holds rows of features: the first dimension counts rows, and the others together are as wide as a row, row-major.</summary>
/// <param name="FixedBatch">Rows of every run, where the file fixes them; 0 where it does not.</param>
/// <param name="Width">Values of a row.</param>
/// <param name="Rank">1 for a shape of rows alone, 2 for any other.</param>
/// <param name="RowShape">The dimensions of a row, where it has several; null otherwise.</param>
internal readonly record struct FeatureInputShape(int FixedBatch, int Width, int Rank, IReadOnlyList<long>? RowShape)
{
    /// <summary>Reads a declaration.</summary>
    /// <param name="dimensions">The declared shape; empty where the file declares none.</param>
    /// <param name="width">Number of features; null where nobody has described them, and the declaration must say.</param>
    /// <returns>Null if the shape does not hold rows of that width, or does not say how wide they are.</returns>
    public static FeatureInputShape? Find(IReadOnlyList<long> dimensions, int? width)
    {
        if (dimensions.Count == 0)
        {
            return width is { } whole ? new FeatureInputShape(0, whole, 2, null) : null;
        }

        if (dimensions[0] is 0 or < -1 or > int.MaxValue)
        {
            return null;
        }

        var batch = (int)Math.Max(0, dimensions[0]);
        if (dimensions.Count == 1)
        {
            return width is null or 1 ? new FeatureInputShape(batch, 1, 1, null) : null;
        }

        return Complete([.. dimensions.Skip(1)], width) is { } row
            ? new FeatureInputShape(batch, (int)row.Aggregate(1L, static (product, size) => product * size), 2, row.Length == 1 ? null : row)
            : null;
    }

    /// <summary>The dimensions of a row: one that the file leaves open follows from the others and the number of features.</summary>
    private static long[]? Complete(long[] row, int? width)
    {
        var known = 1L;
        foreach (var size in row.Where(static d => d >= 0))
        {
            known *= size;
            if (known is 0 or > int.MaxValue)
            {
                return null;
            }
        }

        var open = Array.FindAll(row, static d => d < 0).Length;
        if (open == 0)
        {
            return width is null || width == known ? row : null;
        }

        return open == 1 && width is { } wanted && wanted % known == 0 ? Array.ConvertAll(row, d => d < 0 ? wanted / known : d) : null;
    }
}
