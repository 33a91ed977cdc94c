using System.Globalization;

namespace Mlp.Monitoring.Performance;

/// <summary>Says in a sentence what keeps a result from having figures, or makes them doubtful.</summary>
internal static class QualityProblems
{
    /// <summary>The sentence, or null where there is nothing to say.</summary>
    public static string? Find(PerformanceResult result)
    {
        var where = $"({Where(result.Model, result.Version, result.From, result.To)})";
        if (result.PredictionCount == 0)
        {
            return result.ImmatureCount > 0
                ? $"Expected matured predictions in the window, but found {result.ImmatureCount} that are all younger than the maturity {where}."
                : $"Expected predictions in the window, but found none {where}.";
        }

        if (result.ScoredCount == 0)
        {
            return $"Expected answered predictions in the window, but found {result.PredictionCount} that were all left without an answer {where}.";
        }

        if (result.LabelledCount == 0)
        {
            return $"Expected labels of the window's {result.ScoredCount} answered predictions, but found none {where}.";
        }

        if (result.TornQueryCount > 0)
        {
            return $"Expected the answers to a query to have one sampling weight, but found {result.TornQueryCount} queries with several, of which answers may be missing: sample by request, or by what groups the queries {where}.";
        }

        string?[] sentences = [FindWrongLabels(result, where), FindUnusable(result, where), FindOneClass(result, where)];
        return sentences.Any(s => s is not null) ? string.Join(' ', sentences.Where(s => s is not null)) : null;
    }

    /// <summary>Model, version and window, as the end of a sentence.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Model version; null for all.</param>
    /// <param name="from">First request time; null for the beginning.</param>
    /// <param name="to">Request time to stop before; null for the end.</param>
    public static string Where(string model, int? version, DateTimeOffset? from, DateTimeOffset? to) => string.Create(
        CultureInfo.InvariantCulture,
        $"model '{model}'{(version is { } number ? $" version {number}" : string.Empty)}{(from is { } first ? $", from {first:O}" : string.Empty)}{(to is { } end ? $", to {end:O}" : string.Empty)}");

    private static string? FindWrongLabels(PerformanceResult result, string where) => result.WrongLabelCount == 0
        ? null
        : $"Expected {Allowed(result.Task)}, but found {result.WrongLabelCount} other labels of {result.LabelledCount}, which are left out {where}.";

    private static string? FindUnusable(PerformanceResult result, string where)
    {
        var count = result.UnusableCount - result.WrongLabelCount;
        return count == 0
            ? null
            : $"Expected numbers for scores and sampling weights above 0, but found others in {count} of {result.LabelledCount} labelled predictions, which are left out {where}.";
    }

    private static string? FindOneClass(PerformanceResult result, string where)
        => result.BinaryClassification is { } binary && (binary.PositiveCount == 0 || binary.PositiveCount == binary.RowCount)
            ? $"Expected labels of both classes, but found {binary.RowCount} usable labels that are all {(binary.PositiveCount == 0 ? 0 : 1)}: no area can be computed {where}."
            : null;

    /// <summary>What the labels of a task are, as the middle of a sentence.</summary>
    public static string Allowed(Runtime.Models.ModelTask task) => task switch
    {
        Runtime.Models.ModelTask.BinaryClassification => "every label of a binary model to be 0 or 1",
        Runtime.Models.ModelTask.MulticlassClassification => "every label to be the index of a class",
        Runtime.Models.ModelTask.Ranking => "every label of a ranking model to be 0 or more",
        _ => "every label to be a finite number",
    };
}
