using System.Globalization;

namespace Mlp.Training.Networks.Layers;

/// <summary>Shape of a value between layers: sizes of one row, without the first dimension, which is the number of rows. Immutable.</summary>
public sealed class TensorShape : IEquatable<TensorShape>
{
    private TensorShape(TensorContent content, int cardinality, IReadOnlyList<int> sizes)
        => (Content, Cardinality, Sizes) = (content, cardinality, [.. sizes]);

    /// <summary>What it holds.</summary>
    public TensorContent Content { get; }

    /// <summary>Sizes after the rows, for example channels, height and width.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Ids are below it; 0 for numbers.</summary>
    public int Cardinality { get; }

    /// <summary>Dimensions after the rows.</summary>
    public int Rank => Sizes.Count;

    /// <summary>Values of one row.</summary>
    public long ElementCount => Sizes.Aggregate(1L, (product, size) => product * size);

    /// <summary>A shape of numbers.</summary>
    /// <param name="sizes">Sizes after the rows.</param>
    public static TensorShape OfNumbers(params IReadOnlyList<int> sizes) => new(TensorContent.Numbers, 0, sizes);

    /// <summary>A shape of ids.</summary>
    /// <param name="cardinality">Ids are 0 to this, exclusive.</param>
    /// <param name="sizes">Sizes after the rows.</param>
    public static TensorShape OfIds(int cardinality, params IReadOnlyList<int> sizes) => new(TensorContent.Ids, cardinality, sizes);

    /// <inheritdoc/>
    public bool Equals(TensorShape? other)
        => other is not null && other.Content == Content && other.Cardinality == Cardinality && other.Sizes.SequenceEqual(Sizes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorShape);

    /// <inheritdoc/>
    public override int GetHashCode() => Sizes.Aggregate(HashCode.Combine(Content, Cardinality), HashCode.Combine);

    /// <summary>The shape as text, for example <c>(N, 3, 32, 32)</c>.</summary>
    public override string ToString()
    {
        var sizes = string.Join(string.Empty, Sizes.Select(s => string.Create(CultureInfo.InvariantCulture, $", {s}")));
        return Content switch
        {
            TensorContent.Ids => $"(N{sizes}) of ids",
            TensorContent.Features => $"(N{sizes}) of numbers with ids beside them",
            _ => $"(N{sizes})",
        };
    }

    internal static TensorShape OfFeatures(int width) => new(TensorContent.Features, 0, [width]);

    /// <summary>Sizes with the rows in front, -1, as reshape takes them.</summary>
    internal long[] WithRows() => [-1, .. Sizes.Select(s => (long)s)];
}
