using Mlp.Runtime.Data;

namespace Mlp.Training.Trees;

/// <summary>Checks names of features in settings, and makes names that LightGBM takes.</summary>
internal static class TreeFeatureNames
{
    /// <summary>Indexes of the int64 features that are codes.</summary>
    /// <exception cref="ArgumentException">One does not exist or is neither int64 nor text.</exception>
    public static HashSet<int> Codes(FeatureRowLayout layout, TreeOptions options)
    {
        var codes = new HashSet<int>();
        foreach (var name in options.CategoricalFeatures)
        {
            var index = IndexOf(layout, name, "categorical");
            var type = layout.Columns[index].Type;
            if (type == FeatureType.Int64)
            {
                codes.Add(index);
            }
            else if (type != FeatureType.String)
            {
                throw new ArgumentException($"Expected the categorical feature '{name}' to be of type Int64 or String, but found {type}.", nameof(options));
            }
        }

        return codes;
    }

    /// <summary>Checks the features of the monotone constraints.</summary>
    /// <exception cref="ArgumentException">One does not exist or is a category.</exception>
    public static void ThrowIfUnknown(FeatureRowLayout layout, TreeOptions options)
    {
        foreach (var name in options.MonotoneConstraints.Keys)
        {
            var index = IndexOf(layout, name, "monotone");
            if (layout.Columns[index].Type == FeatureType.String || options.CategoricalFeatures.Contains(name))
            {
                throw new ArgumentException($"Expected the monotone feature '{name}' to be a number, but it is a category, which has no order.", nameof(options));
            }
        }
    }

    /// <summary>Names without the characters that LightGBM refuses, unique.</summary>
    public static string[] Safe(IEnumerable<string> names)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return [.. names.Select(name =>
        {
            var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_'));
            var candidate = safe;
            for (var i = 1; !taken.Add(candidate); i++)
            {
                candidate = FormattableString.Invariant($"{safe}_{i}");
            }

            return candidate;
        })];
    }

    private static int IndexOf(FeatureRowLayout layout, string name, string role)
    {
        var index = layout.IndexOf(name);
        return index >= 0
            ? index
            : throw new ArgumentException($"Expected the {role} feature '{name}' among the features, but found {string.Join(", ", layout.Columns.Select(c => $"'{c.Name}'"))}.", nameof(name));
    }
}
