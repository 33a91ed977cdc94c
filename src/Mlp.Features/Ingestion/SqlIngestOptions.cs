namespace Mlp.Features.Ingestion;

/// <summary>How the columns of a view are found in the result of SQL.</summary>
public sealed class SqlIngestOptions : SourceIngestOptions;
