namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// Trees as tables to walk through. A tree is a list of records; the two ways on from a record lie side by side, so that one number says both, and a leaf leads to itself, so that all
/// rows may take as many steps as the deepest one. A record is two ints: a threshold, and a link with the next record (of those of the tree) above and the column of keys below.
/// Immutable.
/// </summary>
internal sealed class TreeTables
{
    /// <summary>Rows that walk together.</summary>
    public const int Lanes = 16;

    /// <summary>Bits of the column of keys.</summary>
    public const int ColumnBits = 12;

    /// <summary>The column of keys in a record.</summary>
    public const int ColumnMask = (1 << ColumnBits) - 1;

    /// <summary>Records of all trees: threshold and link in turn.</summary>
    public required int[] Records { get; init; }

    /// <summary>What leaves add, in float32: for each tree one plane after the other, with one number per record.</summary>
    public required float[] Values { get; init; }

    /// <summary>The same in float64, for trees that are added in float64; else empty.</summary>
    public required double[] WideValues { get; init; }

    /// <summary>The targets of all planes.</summary>
    public required int[] PlaneTargets { get; init; }

    /// <summary>The trees.</summary>
    public required Tree[] Trees { get; init; }

    /// <summary>The columns of keys.</summary>
    public required KeyColumn[] Columns { get; init; }

    /// <summary>One tree.</summary>
    /// <param name="First">Its first record, which is its root.</param>
    /// <param name="Count">Its records.</param>
    /// <param name="Depth">Steps from the root to the deepest leaf.</param>
    /// <param name="FirstPlane">The first of its planes.</param>
    /// <param name="PlaneCount">Its planes.</param>
    /// <param name="FirstValue">Where the values of its first plane begin.</param>
    internal readonly record struct Tree(int First, int Count, int Depth, int FirstPlane, int PlaneCount, int FirstValue);
}
