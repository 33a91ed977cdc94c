using Mlp.Runtime.Data;

namespace Mlp.Runtime.Models;

/// <summary>One input of a model and the features that fill it.</summary>
/// <param name="Index">Position among the inputs of the signature.</param>
/// <param name="Name">Name of the input.</param>
/// <param name="Kind">What fills it.</param>
/// <param name="Type">Type of the features; null for the status.</param>
/// <param name="Column">Index of the feature in the service's order; -1 unless <paramref name="Kind"/> is <see cref="FeatureInputKind.Column"/>.</param>
/// <param name="Ordinal">Position of the first value within the block of its type: 0 for a whole block.</param>
/// <param name="Width">Values per row.</param>
/// <param name="Rank">Number of dimensions of the tensor: 2, or 1 for a column of shape (rows).</param>
internal sealed record FeatureInput(
    int Index, string Name, FeatureInputKind Kind, FeatureType? Type, int Column, int Ordinal, int Width, int Rank)
{
    /// <summary>Element type of the tensor, where it is not that of the features; null otherwise.</summary>
    public TensorElementKind? Conversion { get; init; }

    /// <summary>The dimensions of a row, where it has several; null for (rows, width) and (rows).</summary>
    public IReadOnlyList<long>? RowShape { get; init; }

    /// <summary>Rows of every run, where the file fixes them; 0 where it does not.</summary>
    public int FixedBatch { get; init; }
}
