namespace Mlp.Monitoring.Reports;

/// <summary>The quality of one window of request times. Immutable.</summary>
/// <param name="From">First request time.</param>
/// <param name="To">Request time up to which it reaches, exclusive.</param>
/// <param name="PredictionCount">Predictions in the log.</param>
/// <param name="LabelledCount">Answered predictions that have a label.</param>
/// <param name="Figures">The figures; empty without labels.</param>
/// <param name="Estimates">The figures as they are estimated without labels; empty where nothing can.</param>
public sealed record ReportWindow(
    DateTimeOffset From, DateTimeOffset To, long PredictionCount, long LabelledCount, IReadOnlyList<ReportFigure> Figures, IReadOnlyList<ReportFigure> Estimates);
