using System.Globalization;

namespace Mlp.Monitoring.Performance;

/// <summary>Says in a sentence what keeps a result from having figures, or makes them doubtful.</summary>
internal static class QualityProblems
{
    /// <summary>The sentence, or null where there is nothing to say.</summary>
    public static string? Find(PerformanceResult result)
    {
        var where = string.Create(
            CultureInfo.InvariantCulture,
            $"(model '{result.Model}' version {result.Version}{(result.From is { } from ? $", from {from:O}" : string.Empty)}{(result.To is { } to ? $", to {to:O}" : string.Empty)})");
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

        return result.WrongLabelCount > 0 ? $"Expected {Allowed(result.Task)}, but found {result.WrongLabelCount} other labels of {result.LabelledCount}, which are left out {where}." : null;
    }

    /// <summary>What the labels of a task are, as the middle of a sentence.</summary>
    public static string Allowed(Runtime.Models.ModelTask task) => task switch
    {
        Runtime.Models.ModelTask.BinaryClassification => "every label of a binary model to be 0 or 1",
        Runtime.Models.ModelTask.MulticlassClassification => "every label to be the index of a class",
        Runtime.Models.ModelTask.Ranking => "every label of a ranking model to be 0 or more",
        _ => "every label to be a finite number",
    };
}
