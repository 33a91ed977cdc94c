namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>The buckets of one number.</summary>
/// <param name="Input">Where the number comes from.</param>
/// <param name="Edges">The inner edges, ascending, at least one, in the feature's unit. An edge belongs to the bucket above it.</param>
internal sealed record BucketedNumber(NumberInput Input, double[] Edges)
{
    /// <summary>Number of buckets.</summary>
    public int BucketCount => Edges.Length + 1;

    /// <summary>The bucket of a finite number, from 0.</summary>
    public int BucketOf(double value) => SortedEdges.CountAtMost(Edges, value);

    /// <summary>How the dense outputs call the buckets.</summary>
    /// <param name="name">Name of the number.</param>
    public IEnumerable<string> Names(string name) =>
    [
        FormattableString.Invariant($"{name} < {Edges[0]}"),
        .. Edges.Zip(Edges.Skip(1)).Select(e => FormattableString.Invariant($"{name} in [{e.First}, {e.Second})")),
        FormattableString.Invariant($"{name} >= {Edges[^1]}"),
    ];
}
