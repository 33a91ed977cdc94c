using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>What a relative change is measured against.</summary>
internal static class AlertReference
{
    /// <summary>Windows are kept a sixteenth of their length apart, so that those that slide need no more room than others.</summary>
    private const int PartCount = 16;

    private const int MaximumCount = PartCount + 4;

    /// <summary>The number to compare with; null where there is none (yet), or the rule compares with its threshold alone.</summary>
    public static double? Of(AlertRule rule, Figure figure, AlertInstance instance, ILookup<string, Figure> figures)
    {
        if (!rule.IsRelative)
        {
            return null;
        }

        if (rule.ReferenceValue is { } value)
        {
            return value;
        }

        if (rule.ReferenceFigure is { } name)
        {
            return figures[name].Where(f => f.Subject == figure.Subject && rule.HasData(f)).Select(f => (double?)f.Value).FirstOrDefault();
        }

        // A figure of all times is compared with what it was before it last changed.
        var end = figure.From ?? figure.To;
        return instance.Earlier?.LastOrDefault(w => figure.From is null ? w.To < end : w.To <= end)?.Value;
    }

    /// <summary>The instance with the figure's window as its newest.</summary>
    public static AlertInstance Remember(AlertRule rule, Figure figure, AlertInstance instance)
    {
        var updated = instance with { WindowTo = figure.To, Value = figure.Value, RowCount = figure.RowCount };
        if (!rule.ComparesWindows)
        {
            return updated;
        }

        var earlier = instance.Earlier ?? [];
        var step = figure.From is { } from ? (figure.To - from) / PartCount : TimeSpan.Zero;
        if (earlier.Count > 0 && (figure.To <= earlier[^1].To || figure.To - earlier[^1].To < step))
        {
            return updated;
        }

        return updated with { Earlier = [.. earlier.TakeLast(MaximumCount - 1), new AlertInstance.EarlierWindow(figure.To, figure.Value)] };
    }
}
