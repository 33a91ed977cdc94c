namespace Mlp.Runtime.Data;

/// <summary>How long a vector may be, and how its type is called.</summary>
public static class VectorLength
{
    /// <summary>Greatest number of elements of a vector.</summary>
    public const int Maximum = 65_536;

    /// <summary>The format version from which on a document can say that a feature is a vector; one without vectors keeps the first.</summary>
    internal const int FirstFormatVersion = 2;

    /// <summary>Says what is wrong with the length of a feature.</summary>
    /// <param name="type">Type of its values.</param>
    /// <param name="length">Number of elements.</param>
    /// <returns>"expected …, but found …" without the feature's name, or null if the length is allowed.</returns>
    internal static string? FindProblem(FeatureType type, int length)
    {
        if (length is < 1 or > Maximum)
        {
            return FormattableString.Invariant($"a length from 1 to {Maximum}, but found {length}");
        }

        return length > 1 && type != FeatureType.Float32 ? FormattableString.Invariant($"a length of 1, because only vectors of Float32 have another, but found {length} of type {type}") : null;
    }

    /// <summary>A type as messages name it: <c>Int64</c>, or <c>Float32[64]</c> for a vector.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="length">Number of elements.</param>
    internal static string Describe(FeatureType type, int length) => length == 1 ? type.ToString() : FormattableString.Invariant($"{type}[{length}]");

    /// <summary>The type of a feature as messages name it.</summary>
    /// <param name="column">The feature.</param>
    internal static string Describe(FeatureColumn column) => Describe(column.Type, column.Length);
}
