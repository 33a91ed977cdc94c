namespace Mlp.Features.Ingestion;

/// <summary>What an ingest did. When it is returned, the rows are on the device.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="Commit">Number of the commit that holds the batch.</param>
/// <param name="RowCount">Number of rows of the batch.</param>
/// <param name="NullKeyRowCount">How many of them have a null in their key; they are kept and never joined.</param>
/// <param name="FirstSequence">Ingest sequence of the first row; row i of the batch has this plus 2 i.</param>
/// <param name="IsRepeated">Whether the batch had been taken in before, and nothing was done now.</param>
public sealed record IngestResult(string View, int Version, long Commit, long RowCount, long NullKeyRowCount, long FirstSequence, bool IsRepeated);
