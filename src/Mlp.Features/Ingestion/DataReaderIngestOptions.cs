namespace Mlp.Features.Ingestion;

/// <summary>How the columns of a view are found in an <see cref="System.Data.IDataReader"/>.</summary>
public sealed class DataReaderIngestOptions : SourceIngestOptions;
