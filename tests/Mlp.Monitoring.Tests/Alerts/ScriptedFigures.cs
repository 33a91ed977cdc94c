using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Tests.Alerts;

/// <summary>Figures that a test sets.</summary>
internal sealed class ScriptedFigures : IFigureSource
{
    private volatile Figure[] _now = [];

    public Exception? Failure { get; set; }

    public IEnumerable<Figure> Latest => Failure is null ? _now : throw Failure;

    public IEnumerable<Finding> Findings => [];

    public static Figure Of(
        double value, DateTimeOffset to, string name = "performance.auc", TimeSpan? window = null, long rows = 1_000, int? version = 1, string model = "tips", string? slice = null, string? feature = null, double? lower = null, double? upper = null)
        => new()
        {
            Name = name,
            Subject = new FigureSubject(model, version, Slice: slice, Feature: feature),
            Value = value,
            Lower = lower,
            Upper = upper,
            RowCount = rows,
            From = window is { } length ? to - length : null,
            To = to,
        };

    /// <summary>All at once, for a look may be under way.</summary>
    public void Set(params IEnumerable<Figure> figures) => _now = [.. figures];
}
