using Mlp.Training.Evaluation.Comparison;

namespace Mlp.Training.Evaluation;

/// <summary>The decision between two measured models.</summary>
internal static class GateRule
{
    /// <summary>Decides.</summary>
    /// <param name="figures">The numbers.</param>
    /// <param name="options">The bar.</param>
    public static (GateDecision Decision, string Reason) Decide(ComparisonFigures figures, GateOptions options)
    {
        var name = MetricRule.Name(figures.Metric);
        var numbers = FormattableString.Invariant(
            $"{name} {figures.Challenger:F5} against {figures.Champion:F5} of {figures.ChampionName} on {figures.RowCount:N0} rows");
        var improvement = figures.Improvement;
        if (double.IsNaN(improvement))
        {
            return (GateDecision.Inconclusive, $"The {name} is not defined on these rows ({numbers}): the champion stays.");
        }

        if (!(improvement > 0 && improvement >= options.MinimumImprovement))
        {
            return (
                GateDecision.Reject,
                improvement > 0
                    ? FormattableString.Invariant($"The challenger is better by less than {options.MinimumImprovement} ({numbers}): the champion stays.")
                    : $"The challenger is not better ({numbers}): the champion stays.");
        }

        if (LogLossObjection(figures, options) is { } objection)
        {
            return (GateDecision.Reject, $"{objection} ({numbers}): the champion stays.");
        }

        if (figures.Interval is { } interval && !(interval.Lower > 0 && interval.Lower >= options.MinimumImprovement))
        {
            return (
                GateDecision.Inconclusive,
                FormattableString.Invariant(
                    $"The improvement may be chance: with {interval.Confidence:P0} confidence it lies between {interval.Lower:0.#####} and {interval.Upper:0.#####} ({numbers}): the champion stays."));
        }

        return (GateDecision.Promote, $"The challenger is better ({numbers}).");
    }

    private static string? LogLossObjection(ComparisonFigures figures, GateOptions options)
    {
        if (figures.LogLosses is not { } losses || double.IsNaN(losses.Champion))
        {
            return null;
        }

        // Written so that a challenger whose scores are no probabilities (NaN) is refused.
        return losses.Challenger - losses.Champion <= options.MaximumLogLossIncrease
            ? null
            : FormattableString.Invariant($"The log loss rises from {losses.Champion:0.#####} to {losses.Challenger:0.#####}, more than {options.MaximumLogLossIncrease}");
    }
}
