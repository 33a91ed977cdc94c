using Mlp.Features.Definitions;

namespace Mlp.Features.Ingestion;

/// <summary>How the columns of a view are found in a source (a file, a data reader, the result of a query). A column that is not named here is read from the source's column of the same name.</summary>
public abstract class SourceIngestOptions
{
    private protected SourceIngestOptions()
    {
    }

    /// <summary>Column of the view (a key, a field, or the event-time or created-time column) to the column of the source that it is read from. It is not named in <see cref="Expressions"/> too.</summary>
    public IDictionary<string, string> Columns { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Column of the view to an SQL expression (DuckDB's dialect) over the columns of the source. The type of the expression is checked like the type of a column: write a
    /// <c>CAST</c> where digits may be lost. The columns of a CSV file are text here. It sees the rows of the source and no file.
    /// </summary>
    public IDictionary<string, string> Expressions { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>An SQL condition over the columns of the source; rows for which it is not true are left out. It sees the rows of the source and no file.</summary>
    /// <value>The default value is null: every row.</value>
    public string? Filter { get; set; }

    /// <summary>The columns of the source that a view is read from by their names.</summary>
    internal IEnumerable<string> SourceColumnsOf(FeatureViewDefinition view)
        => view.Keys.Select(key => key.Name).Concat(view.Fields.Select(field => field.Name)).Append(view.EventTimeColumn).Append(view.CreatedTimeColumn ?? view.EventTimeColumn)
            .Where(column => !Expressions.ContainsKey(column))
            .Select(column => Columns.TryGetValue(column, out var mapped) ? mapped : column);
}
