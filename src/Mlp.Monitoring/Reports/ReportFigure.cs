namespace Mlp.Monitoring.Reports;

/// <summary>A figure of a report. Immutable.</summary>
/// <param name="Name">Name of <see cref="Performance.FigureNames"/>.</param>
/// <param name="Value">The value; NaN where there are too few rows to say.</param>
/// <param name="Lower">Lower end of its 95 % confidence interval; null where none is known.</param>
/// <param name="Upper">Upper end of its 95 % confidence interval; null where none is known.</param>
public sealed record ReportFigure(string Name, double Value, double? Lower, double? Upper);
