namespace Mlp.Monitoring.Reports;

/// <summary>The quality of a part of the traffic. Immutable.</summary>
/// <param name="Slice">The part, for example <c>area=8</c>; null for all of it.</param>
/// <param name="Variant">The role that answered; null for all of them.</param>
/// <param name="PredictionCount">Predictions in the log.</param>
/// <param name="LabelledCount">Answered predictions that have a label.</param>
/// <param name="Figures">The figures; empty without labels.</param>
public sealed record ReportSlice(string? Slice, string? Variant, long PredictionCount, long LabelledCount, IReadOnlyList<ReportFigure> Figures);
