namespace Mlp.Runtime.Scoring;

/// <summary>What the scoring of a file did.</summary>
/// <param name="OutputPath">Full path of the output.</param>
/// <param name="RowCount">Number of rows.</param>
/// <param name="ResumedRowCount">Rows that an earlier run had scored.</param>
/// <param name="ModelVersion">The version that scored all of them.</param>
/// <param name="OnnxSha256">The hash of its file.</param>
public sealed record FileScoringResult(string OutputPath, long RowCount, long ResumedRowCount, int ModelVersion, string OnnxSha256);
