using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>Compares the features that come with those that a model takes: names, types, lengths of vectors and order.</summary>
internal static class FeatureLayoutCheck
{
    /// <summary>Says how two lists of features differ.</summary>
    /// <param name="expected">What the model takes.</param>
    /// <param name="found">What comes.</param>
    /// <returns>The first difference as "expected …, but found …", or null if there is none.</returns>
    public static string? FindDifference(IReadOnlyList<FeatureColumn> expected, IReadOnlyList<FeatureColumn> found)
    {
        for (var i = 0; i < Math.Min(expected.Count, found.Count); i++)
        {
            if (expected[i].Name != found[i].Name || expected[i].Type != found[i].Type || expected[i].Length != found[i].Length)
            {
                return FormattableString.Invariant($"Expected feature {i} to be {Text(expected[i])}, but found {Text(found[i])}");
            }
        }

        if (expected.Count == found.Count)
        {
            return null;
        }

        var rest = expected.Count > found.Count
            ? FormattableString.Invariant($"'{expected[found.Count].Name}' is missing")
            : FormattableString.Invariant($"'{found[expected.Count].Name}' is not among them");
        return FormattableString.Invariant($"Expected {expected.Count} features, but found {found.Count}: {rest}");
    }

    /// <summary>Refuses rows whose layout is another one.</summary>
    /// <param name="expected">What the model takes.</param>
    /// <param name="found">What comes.</param>
    /// <param name="where">The model, for the message.</param>
    /// <exception cref="ArgumentException">They differ.</exception>
    public static void Require(FeatureRowLayout expected, FeatureRowLayout found, string where)
    {
        if (FindDifference(expected.Columns, found.Columns) is { } difference)
        {
            throw new ArgumentException($"{difference} ({where}).");
        }
    }

    private static string Text(FeatureColumn column) => $"'{column.Name}' of type {VectorLength.Describe(column)}";
}
