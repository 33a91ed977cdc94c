namespace Mlp.Runtime.Data;

/// <summary>How data files are written.</summary>
internal static class ParquetFormat
{
    /// <summary>
    /// Options of DuckDB's COPY. Its dictionaries take -0 for 0 and one NaN for another, so there are none: values come back bit for bit.
    /// </summary>
    internal const string CopyOptions = "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0";
}
