namespace Mlp.Runtime.Data;

/// <summary>What is wrong with a CSV file.</summary>
/// <param name="Sentence">What was expected and what was found, without a value of the file.</param>
/// <param name="Column">The column that it is about; null for none.</param>
/// <param name="Line">The line, from 1; null where it is not known.</param>
internal sealed record CsvFault(string Sentence, string? Column = null, long? Line = null);
