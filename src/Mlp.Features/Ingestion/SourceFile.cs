namespace Mlp.Features.Ingestion;

/// <summary>A file to ingest.</summary>
/// <param name="Source">Full path, as it stands in messages.</param>
/// <param name="Options">How columns are found; says by its type which format the file has.</param>
internal sealed record SourceFile(string Source, SourceIngestOptions Options)
{
    /// <summary>What reads the rows; null for the formats that DuckDB reads by itself.</summary>
    internal RowSource? Rows { get; init; }

    /// <summary>Whether SQL of the caller is run over the rows.</summary>
    internal bool HasSql => Options.Filter is not null || Options.Expressions.Count > 0 || Rows is { IsSql: true };

    /// <summary>The source in sentences: a quoted path, or what it is.</summary>
    internal string Named => Rows?.Named ?? $"'{Source}'";

    /// <summary>Checks that the file is there.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IngestException">It is a folder.</exception>
    internal static SourceFile Open(string path, SourceIngestOptions options)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
        {
            throw new ArgumentException("Expected the path of a file to ingest, but found an empty text.", nameof(path));
        }

        if (options is CsvIngestOptions csv)
        {
            csv.Format.ThrowIfUnusable(nameof(CsvIngestOptions));
        }

        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new IngestException(full, $"Expected a file to ingest at '{full}', but it is a folder.");
        }

        return File.Exists(full) ? new SourceFile(full, options) : throw new FileNotFoundException($"Expected a file to ingest at '{full}', but there is none.", full);
    }
}
