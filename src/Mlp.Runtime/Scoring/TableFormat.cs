namespace Mlp.Runtime.Scoring;

/// <summary>Formats of tables in files.</summary>
internal enum TableFormat
{
    /// <summary>Parquet.</summary>
    Parquet,

    /// <summary>The Arrow IPC file format.</summary>
    ArrowFile,

    /// <summary>The Arrow IPC stream format.</summary>
    ArrowStream,
}
