using Mlp.Runtime.Hosting;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// How one feature becomes inputs of a model, where that differs from what its type gives it. A setting that is null leaves the default. What a setting needs is learned of the
/// training rows and becomes part of the exported model. Not thread-safe.
/// </summary>
public sealed partial class FeatureRecipe
{
    /// <summary>Nothing but defaults; nobody changes it.</summary>
    internal static FeatureRecipe Default { get; } = new();

    /// <summary>Whether something is set that only a quantity can have.</summary>
    internal bool HasNumberRule => NumberSettings().Any(s => s is not null);

    /// <summary>Whether something is set that only a category can have.</summary>
    internal bool HasCategoryRule => CategorySettings().Any(s => s is not null);

    /// <summary>Whether something is set that only a timestamp can have.</summary>
    internal bool HasDateRule => DateSettings().Any(s => s is not null);

    /// <summary>Whether something is set that only a text of several words can have.</summary>
    internal bool HasTextRule => TextSettings().Any(s => s is not null);

    /// <summary>A copy that later changes do not reach.</summary>
    internal FeatureRecipe Copy()
    {
        var copy = (FeatureRecipe)MemberwiseClone();
        copy.BucketEdges = BucketEdges is null ? null : [.. BucketEdges];
        copy.GivenCategories = GivenCategories is null ? null : [.. GivenCategories];
        return copy;
    }

    /// <summary>What is wrong with the recipe by itself, as sentences.</summary>
    /// <param name="path">How the sentences name it.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal List<string> FindFailures(string path, char separator)
    {
        var failures = SettingsRanges.FindFailures(path, this, separator);
        string[] roles = [.. Roles()];
        if (roles.Length > 1)
        {
            failures.Add($"{path} must treat its feature as one of {string.Join(", ", roles)}, but has settings of {(roles.Length == 2 ? "both" : "all of them")}.");
        }

        FindNumberFailures(Fail);
        FindCategoryFailures(Fail);
        FindDateFailures(Fail);
        FindTextFailures(Fail);
        return failures;

        void Fail(string setting, FormattableString sentence) => failures.Add($"{path}{separator}{setting} {FormattableString.Invariant(sentence)}");
    }

    private IEnumerable<string> Roles()
    {
        (bool Has, string Role)[] roles = [(HasNumberRule, "a quantity"), (HasCategoryRule, "a category"), (HasDateRule, "a timestamp"), (HasTextRule, "a text of terms")];
        return roles.Where(r => r.Has).Select(r => r.Role);
    }
}
