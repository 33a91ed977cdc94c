namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// Turns numbers into integers that compare as the numbers do, so that every tree walks over integers and asks one question only, key ≤ threshold. x = t, x &lt; t and so on become that
/// question too, since the key before that of t is no threshold of its own.
/// </summary>
internal interface ITreeKeys
{
    /// <summary>A key that is less than all others: NaN where it goes the way of yes.</summary>
    const int Least = int.MinValue;

    /// <summary>A key that is greater than all others: NaN where it goes the way of no.</summary>
    const int Greatest = int.MaxValue;

    /// <summary>The key of a threshold.</summary>
    /// <param name="feature">Column of the input.</param>
    /// <param name="threshold">A threshold of a node of that column.</param>
    int OfThreshold(int feature, double threshold);

    /// <summary>Writes the keys of rows in lanes of <see cref="TreeTables.Lanes"/>: one column after the other. Lanes without a row get that of the last one.</summary>
    /// <param name="memory">The values.</param>
    /// <param name="source">The input.</param>
    /// <param name="firstRow">First row, within the tile.</param>
    /// <param name="columns">The columns of keys.</param>
    /// <param name="keys">Receives the keys.</param>
    void Write(KernelMemory memory, KernelValue source, int firstRow, ReadOnlySpan<KeyColumn> columns, Span<int> keys);
}
