namespace Mlp.Features.Ingestion;

/// <summary>How a Parquet file is read.</summary>
public sealed class ParquetIngestOptions : SourceIngestOptions;
