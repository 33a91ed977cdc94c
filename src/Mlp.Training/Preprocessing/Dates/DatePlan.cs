using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Dates;

/// <summary>Decides which features become parts of dates.</summary>
internal static class DatePlan
{
    /// <summary>Learners for timestamps.</summary>
    /// <param name="columns">Indexes of features of any kind.</param>
    /// <param name="layout">The features.</param>
    /// <param name="options">Settings.</param>
    public static IEnumerable<BlockLearner> Learners(IReadOnlyList<int> columns, FeatureRowLayout layout, PreprocessingOptions options)
    {
        var dates = columns.Select(i => (Column: i, Recipe: options.RecipeOf(layout.Columns[i].Name))).Where(d => d.Recipe.HasDateRule).ToList();
        return dates.Count == 0 ? [] : [new DatesLearner(layout, [.. dates.Select(d => Encoding(d.Column, d.Recipe))], [.. dates.Select(d => d.Recipe.Standardise ?? true)])];
    }

    private static DateEncoding Encoding(int column, FeatureRecipe recipe) => new(
        column, recipe.DateParts ?? 0, recipe.CyclicDateParts ?? 0, UnitsPerSecond(recipe.TimestampUnit ?? TimestampUnit.Microseconds), (long)(recipe.UtcOffset ?? TimeSpan.Zero).TotalSeconds, [], [], false);

    private static long UnitsPerSecond(TimestampUnit unit) => unit switch
    {
        TimestampUnit.Seconds => 1,
        TimestampUnit.Milliseconds => 1_000,
        _ => 1_000_000,
    };
}
