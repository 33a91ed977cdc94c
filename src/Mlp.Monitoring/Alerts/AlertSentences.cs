using System.Globalization;
using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>The sentences of alerts: what was expected, what was found, and of what.</summary>
internal static class AlertSentences
{
    public static string Fired(AlertRule rule, AlertInstance instance, Reading reading, DateTimeOffset now)
    {
        var what = $"'{rule.Figure}' of {Of(instance.Subject)}";
        if (rule.Condition == AlertCondition.Absent)
        {
            return $"Expected a new figure {what} within {Text(rule.For)}, but there has been none for {Text(now - instance.SeenAt)}.";
        }

        var figure = reading.Figure!;
        return $"Expected {what} {Expectation(rule, reading.Reference, rule.Threshold)}, but found {Number(figure.Value)}{Interval(figure)} in {Count(figure.RowCount)} rows{Change(rule, figure, reading.Reference)}.";
    }

    public static string Resolved(AlertRule rule, Alert fired, Reading reading)
    {
        var what = $"'{rule.Figure}' of {Of(fired.Subject)}";
        return rule.Condition == AlertCondition.Absent ? $"A new figure {what} is there again."
            : reading.Figure is { } figure ? $"{what} is {Number(figure.Value)} again, in {Count(figure.RowCount)} rows."
            : $"{what} is not computed any more, so nothing can be said of it.";
    }

    public static string RuleIsGone(Alert fired) => $"The rule '{fired.Rule}' is not among the settings any more.";

    /// <summary>A subject in words.</summary>
    public static string Of(FigureSubject subject)
        => string.Concat(
            $"model '{subject.Model}'",
            subject.Version is { } version ? string.Create(CultureInfo.InvariantCulture, $" version {version}") : string.Empty,
            subject.Variant is { } variant ? $" as {variant}" : string.Empty,
            subject.Slice is { } slice ? $" for {slice}" : string.Empty,
            subject.Feature is { } feature ? $", feature '{feature}'" : string.Empty);

    private static string Expectation(AlertRule rule, double? reference, double threshold) => rule.Condition switch
    {
        AlertCondition.Above => $"not above {Number(threshold)}",
        AlertCondition.Below => $"not below {Number(threshold)}",
        AlertCondition.RisesBy => $"not to rise by more than {Percent(threshold)} from {Number(reference!.Value)}",
        AlertCondition.FallsBy => $"not to fall by more than {Percent(threshold)} from {Number(reference!.Value)}",
        _ => $"not to change by more than {Percent(threshold)} from {Number(reference!.Value)}",
    };

    private static string Interval(Figure figure)
        => figure is { Lower: { } lower, Upper: { } upper } ? $" (95 % interval {Number(lower)} to {Number(upper)})" : string.Empty;

    private static string Change(AlertRule rule, Figure figure, double? reference)
        => rule.IsRelative && reference is { } of && of != 0 ? $", a change of {Percent((figure.Value - of) / Math.Abs(of))}" : string.Empty;

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");

    private static string Count(long rows) => rows.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan time) => time.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s")
        : time.TotalMinutes < 120 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} min")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h");
}
