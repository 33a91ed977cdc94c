namespace Mlp.Runtime.Scoring;

/// <summary>How far the scoring of a file is.</summary>
/// <param name="RowCount">Rows whose answers are on disk for good.</param>
/// <param name="ResumedRowCount">Those of them that an earlier run had scored.</param>
/// <param name="TotalRowCount">Rows of the file; null where its format does not say.</param>
public readonly record struct FileScoringProgress(long RowCount, long ResumedRowCount, long? TotalRowCount);
