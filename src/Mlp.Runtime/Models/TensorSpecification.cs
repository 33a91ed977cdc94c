namespace Mlp.Runtime.Models;

/// <summary>One input or output of a model.</summary>
/// <param name="Name">Tensor name.</param>
/// <param name="ElementType">Element type.</param>
/// <param name="Dimensions">Shape; -1 is a dimension that a call decides, and the first one is the batch.</param>
public sealed record TensorSpecification(string Name, TensorElementKind ElementType, IReadOnlyList<long> Dimensions)
{
    /// <inheritdoc/>
    public bool Equals(TensorSpecification? other)
        => other is not null && Name == other.Name && ElementType == other.ElementType && Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ElementType, Dimensions.Count);

    /// <inheritdoc/>
    public override string ToString()
        => $"'{Name}' of type {ElementType} [{string.Join(", ", Dimensions.Select((d, i) => d >= 0 ? d.ToString(System.Globalization.CultureInfo.InvariantCulture) : i == 0 ? "N" : "?"))}]";
}
