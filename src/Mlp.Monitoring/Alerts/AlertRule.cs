using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>A validated rule, copied once: what the running code sees.</summary>
internal sealed record AlertRule
{
    public required string Name { get; init; }

    public required string Figure { get; init; }

    public string? Model { get; init; }

    public int? Version { get; init; }

    public string? Variant { get; init; }

    public string? Slice { get; init; }

    public string? Feature { get; init; }

    public AlertCondition Condition { get; init; }

    public double Threshold { get; init; }

    public double ResolveThreshold { get; init; }

    public double? ReferenceValue { get; init; }

    public string? ReferenceFigure { get; init; }

    public TimeSpan For { get; init; }

    public int ConsecutiveWindows { get; init; } = 1;

    public TimeSpan CoolDown { get; init; }

    public long MinimumRowCount { get; init; }

    public bool WholeInterval { get; init; }

    public AlertSeverity Severity { get; init; }

    public string? Description { get; init; }

    public AlertFallback? Fallback { get; init; }

    /// <summary>Whether the figure is compared with another number than the threshold.</summary>
    public bool IsRelative => Condition is AlertCondition.RisesBy or AlertCondition.FallsBy or AlertCondition.ChangesBy;

    /// <summary>Whether it is compared with the window before.</summary>
    public bool ComparesWindows => IsRelative && ReferenceValue is null && ReferenceFigure is null;

    public static AlertRule From(string name, AlertRuleOptions options) => new()
    {
        Name = name,
        Figure = options.Figure,
        Model = NullIfEach(options.Model),
        Version = options.Version,
        Variant = options.Variant,
        Slice = options.Slice,
        Feature = NullIfEach(options.Feature),
        Condition = options.Condition,
        Threshold = options.Threshold ?? 0,
        ResolveThreshold = options.ResolveThreshold ?? options.Threshold ?? 0,
        ReferenceValue = options.ReferenceValue,
        ReferenceFigure = options.ReferenceFigure,
        For = options.For,
        ConsecutiveWindows = options.ConsecutiveWindows,
        CoolDown = options.CoolDown,
        MinimumRowCount = options.MinimumRowCount,
        WholeInterval = options.WholeInterval,
        Severity = options.Severity,
        Description = options.Description,
        Fallback = options.Fallback is { } fallback ? new AlertFallback(fallback.Alias, fallback.ToAlias, fallback.ToVersion) : null,
    };

    /// <summary>Whether it watches a figure.</summary>
    public bool Watches(Figure figure) => figure.Name == Figure && Watches(figure.Subject);

    /// <summary>Whether a figure says something: it is a number, from enough rows.</summary>
    public bool HasData(Figure figure) => !double.IsNaN(figure.Value) && figure.RowCount >= MinimumRowCount;

    private bool Watches(FigureSubject subject)
        => (Model is null || Model == subject.Model)
            && (Version is null || Version == subject.Version)
            && (Variant == AlertRuleOptions.Each || Variant == subject.Variant)
            && (Slice == AlertRuleOptions.Each || Slice == subject.Slice)
            && (Feature is null || Feature == subject.Feature);

    private static string? NullIfEach(string? text) => text == AlertRuleOptions.Each ? null : text;
}
