using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Ingestion;

/// <summary>A source of SQL, found: a file, a data reader, Arrow batches, or a view at a commit.</summary>
/// <param name="Name">Its name in the SQL.</param>
/// <param name="File">The file, reader or batches; null for a view.</param>
/// <param name="View">The view; null for others.</param>
/// <param name="Snapshot">The rows of the view; null for others.</param>
internal sealed record SqlRelation(string Name, SourceFile? File, OfflineView? View, OfflineSnapshot? Snapshot)
{
    /// <summary>What names the rows that are read, so that two relations with one text have the same rows; null for a data reader and for batches, whose rows nobody knows before.</summary>
    internal string? Identity()
    {
        if (Snapshot is { } snapshot)
        {
            // A compaction changes no rows.
            var commit = View!.Commits().LastOrDefault(c => c.Number <= snapshot.Commit && c.Kind != OfflineCommitKind.Compaction)?.Number ?? 0;
            return string.Create(CultureInfo.InvariantCulture, $"view {View.Definition.Name} {View.Definition.Version} {View.Definition.Fingerprint} {commit}");
        }

        if (File!.Rows is DataReaderSource or ArrowBatchSource)
        {
            return null;
        }

        var form = File.Options is CsvIngestOptions csv ? $"csv {(int)csv.Delimiter} {(int)csv.Quote} {csv.NullText.Length} {csv.NullText}" : File.Options.GetType().Name;
        return $"{form} {FileHash.Of(File.Source)}";
    }

    /// <summary>The batch id of what SQL makes of relations; null when one of them has no identity.</summary>
    internal static string? BatchIdOf(string sql, SqlIngestOptions options, IEnumerable<SqlRelation> relations)
    {
        var text = new StringBuilder();
        Add(sql);
        Add(options.Filter ?? string.Empty);
        foreach (var (column, value) in options.Columns.OrderBy(c => c.Key, StringComparer.Ordinal).Concat(options.Expressions.OrderBy(c => c.Key, StringComparer.Ordinal).Prepend(new("=", "="))))
        {
            Add(column);
            Add(value);
        }

        foreach (var relation in relations.OrderBy(r => r.Name, StringComparer.OrdinalIgnoreCase))
        {
            if (relation.Identity() is not { } identity)
            {
                return null;
            }

            Add(relation.Name.ToUpperInvariant());
            Add(identity);
        }

        return $"sql-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))}";

        void Add(string part) => text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
    }
}
