using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Where the rows of an ingest come from, when it is not a file that DuckDB reads by itself. Brings them into a table as they are. Used once; not thread-safe.</summary>
internal abstract class RowSource
{
    /// <summary>The source in sentences: a quoted path, or what it is.</summary>
    internal abstract string Named { get; }

    /// <summary>Column of the table with the line of each row; null where there are no lines.</summary>
    internal virtual string? LineColumn => null;

    /// <summary>Columns of the table that are not of the source.</summary>
    internal virtual IReadOnlyList<string> HiddenColumns => [];

    /// <summary>Whether the rows can be had once only.</summary>
    internal virtual bool IsReadOnce => false;

    /// <summary>Whether the rows are made by SQL of the caller.</summary>
    internal virtual bool IsSql => false;

    /// <summary>Whether the values of a column stand in the table as text, whatever they mean.</summary>
    /// <param name="column">Column of the table.</param>
    internal virtual bool IsText(string column) => false;

    /// <summary>SQL that is true for values of a text column that the source marks as another kind than a type needs; null when the text says all.</summary>
    /// <param name="column">Column of the table.</param>
    /// <param name="target">SQL type of the value; UUID for a GUID.</param>
    internal virtual string? IsOfAnotherKind(string column, string target) => null;

    /// <summary>Creates the table, temporary, with all rows.</summary>
    /// <param name="session">The session.</param>
    /// <param name="table">Name of the table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IngestException">The source cannot be read.</exception>
    internal abstract ValueTask LoadAsync(DuckDbSession session, string table, CancellationToken cancellationToken);
}
