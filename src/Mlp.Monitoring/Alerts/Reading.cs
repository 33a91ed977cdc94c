using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>What a rule makes of a figure.</summary>
/// <param name="Holds">Whether what it watches for is the case.</param>
/// <param name="IsClear">Whether it is over; between the two thresholds neither is so.</param>
/// <param name="Figure">The figure; null where none is there.</param>
/// <param name="Reference">What it was compared with.</param>
internal sealed record Reading(bool Holds, bool IsClear, Figure? Figure, double? Reference)
{
    /// <summary>The figure is gone.</summary>
    public static readonly Reading Gone = new(false, true, null, null);

    /// <summary>Holds a rule against a figure.</summary>
    public static Reading Of(AlertRule rule, Figure figure, double? reference)
    {
        if (rule.IsRelative && reference is null)
        {
            return new Reading(false, false, figure, null);
        }

        return new Reading(
            rule.WholeInterval ? Exceeds(rule, figure.Lower ?? figure.Value, reference, rule.Threshold) && Exceeds(rule, figure.Upper ?? figure.Value, reference, rule.Threshold) : Exceeds(rule, figure.Value, reference, rule.Threshold),
            !Exceeds(rule, figure.Value, reference, rule.ResolveThreshold),
            figure,
            reference);
    }

    /// <summary>Whether data has been away for too long.</summary>
    public static Reading OfAbsence(bool isAbsent, AlertInstance instance)
        => new(isAbsent, !isAbsent, instance.WindowTo is { } to ? new Figure { Name = string.Empty, Subject = instance.Subject, Value = instance.Value, RowCount = instance.RowCount, To = to } : null, null);

    /// <summary>The alert that fires.</summary>
    public Alert ToAlert(AlertRule rule, AlertInstance instance, string id, DateTimeOffset now) => new()
    {
        Id = id,
        Rule = rule.Name,
        Severity = rule.Severity,
        State = AlertState.Firing,
        Subject = instance.Subject,
        Figure = rule.Figure,
        Value = FiniteOrNull(Figure?.Value),
        Reference = FiniteOrNull(Reference),
        Threshold = rule.Condition == AlertCondition.Absent ? null : rule.Threshold,
        RowCount = Figure?.RowCount ?? 0,
        WindowFrom = Figure?.From,
        WindowTo = Figure?.To,
        Since = instance.Since ?? now,
        FiredAt = now,
        Message = AlertSentences.Fired(rule, instance, this, now),
        Description = rule.Description,
    };

    /// <summary>The alert as it resolves.</summary>
    public Alert ToResolved(AlertRule rule, Alert fired, DateTimeOffset now) => fired with
    {
        State = AlertState.Resolved,
        ResolvedAt = now,
        Value = FiniteOrNull(Figure?.Value),
        Reference = FiniteOrNull(Reference),
        RowCount = Figure?.RowCount ?? 0,
        WindowFrom = Figure?.From,
        WindowTo = Figure?.To,
        Message = AlertSentences.Resolved(rule, fired, this),
    };

    private static bool Exceeds(AlertRule rule, double value, double? reference, double threshold) => rule.Condition switch
    {
        AlertCondition.Above => value > threshold,
        AlertCondition.Below => value < threshold,
        AlertCondition.RisesBy => Change(value, reference!.Value) > threshold,
        AlertCondition.FallsBy => -Change(value, reference!.Value) > threshold,
        _ => Math.Abs(Change(value, reference!.Value)) > threshold,
    };

    /// <summary>(value − reference) / |reference|; from 0, any change is infinite.</summary>
    private static double Change(double value, double reference)
        => value == reference ? 0 : reference == 0 ? Math.Sign(value) * double.PositiveInfinity : (value - reference) / Math.Abs(reference);

    private static double? FiniteOrNull(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
