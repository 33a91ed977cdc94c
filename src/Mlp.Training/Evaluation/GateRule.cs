namespace Mlp.Training.Evaluation;

/// <summary>The decision between two measured models.</summary>
internal static class GateRule
{
    /// <summary>Decides.</summary>
    /// <param name="verdict">The numbers; the champion is among them.</param>
    /// <param name="options">The bar.</param>
    public static (GateDecision Decision, string Reason) Decide(GateVerdict verdict, GateOptions options)
    {
        var name = MetricRule.Name(verdict.Metric);
        var challenger = MetricRule.Read(verdict.Metric, verdict.Challenger);
        var champion = MetricRule.Read(verdict.Metric, verdict.Champion!);
        var numbers = FormattableString.Invariant(
            $"{name} {challenger:F5} against {champion:F5} of version {verdict.ChampionVersion} on {verdict.Challenger.RowCount:N0} rows");
        if (verdict.Improvement is not { } improvement)
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

        if (LogLossObjection(verdict, options) is { } objection)
        {
            return (GateDecision.Reject, $"{objection} ({numbers}): the champion stays.");
        }

        if (verdict.Interval is { } interval && !(interval.Lower > 0 && interval.Lower >= options.MinimumImprovement))
        {
            return (
                GateDecision.Inconclusive,
                FormattableString.Invariant(
                    $"The improvement may be chance: with {interval.Confidence:P0} confidence it lies between {interval.Lower:0.#####} and {interval.Upper:0.#####} ({numbers}): the champion stays."));
        }

        return (GateDecision.Promote, $"The challenger is better ({numbers}).");
    }

    private static string? LogLossObjection(GateVerdict verdict, GateOptions options)
    {
        if (verdict.Challenger.Classification is not { } mine || verdict.Champion?.Classification is not { } theirs || double.IsNaN(theirs.LogLoss))
        {
            return null;
        }

        // Written so that a challenger whose scores are no probabilities (NaN) is refused.
        return mine.LogLoss - theirs.LogLoss <= options.MaximumLogLossIncrease
            ? null
            : FormattableString.Invariant($"The log loss rises from {theirs.LogLoss:0.#####} to {mine.LogLoss:0.#####}, more than {options.MaximumLogLossIncrease}");
    }
}
