using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Slices;

/// <summary>Says by what rows are parted. Immutable.</summary>
public sealed class RowSlice
{
    private RowSlice(string name, bool isColumn) => (Name, IsColumn) = (name, isColumn);

    /// <summary>The column, or the name of the condition.</summary>
    public string Name { get; }

    /// <summary>Ascending edges between the parts of a number; a value equal to an edge lies in the upper part.</summary>
    public IReadOnlyList<double> Edges { get; private init; } = [];

    internal bool IsColumn { get; }

    internal int QuantileCount { get; private init; }

    internal Func<SliceRow, bool>? Condition { get; private init; }

    /// <summary>Each value of a column is a part.</summary>
    /// <param name="column">A column of texts, truth values or integers, feature or not.</param>
    public static RowSlice ByValue(string column)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        return new(column, isColumn: true);
    }

    /// <summary>The numbers between two edges are a part.</summary>
    /// <param name="column">A column of numbers, feature or not.</param>
    /// <param name="edges">Ascending, at least one.</param>
    /// <exception cref="ArgumentException">There is no edge, or they do not ascend.</exception>
    public static RowSlice ByEdges(string column, params double[] edges)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentNullException.ThrowIfNull(edges);
        NumberParts.Require(column, edges);
        return edges.Length == 0
            ? throw new ArgumentException($"Expected at least one edge for '{column}', but found none.", nameof(edges))
            : new(column, isColumn: true) { Edges = [.. edges] };
    }

    /// <summary>Parts of about as many rows each.</summary>
    /// <param name="column">A column of numbers, feature or not.</param>
    /// <param name="partCount">Number of parts, 2 to 1,000; fewer where values repeat.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of parts is out of range.</exception>
    public static RowSlice ByQuantiles(string column, int partCount)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentOutOfRangeException.ThrowIfLessThan(partCount, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partCount, 1000);
        return new(column, isColumn: true) { QuantileCount = partCount };
    }

    /// <summary>The rows that meet a condition are the part.</summary>
    /// <param name="name">Name of the part.</param>
    /// <param name="condition">Whether a row belongs to it.</param>
    public static RowSlice Where(string name, Func<SliceRow, bool> condition)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(condition);
        return new(name, isColumn: false) { Condition = condition };
    }
}
