using System.Text.RegularExpressions;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Runtime;

namespace Mlp.Features.Ingestion;

/// <summary>Takes the result of SQL over named sources into the offline store. Thread-safe.</summary>
internal sealed partial class SqlIngest(OfflineStore store, FeatureCatalog catalog, OfflineIngest ingest)
{
    // How often it begins anew, because files of a view were removed while they were read.
    private const int Attempts = 20;

    internal async Task<IngestResult> RunAsync(
        FeatureViewDefinition view, string sql, IReadOnlyDictionary<string, SqlSource> sources, SqlIngestOptions options, string? batchId, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var relations = sources.Select(source => Open(view, source.Key, source.Value)).ToList();
            try
            {
                var file = new SourceFile(SqlRows.Source, options) { Rows = new SqlRows(view, sql, relations) };
                return await ingest.IngestFileAsync(view, file, batchId ?? SqlRelation.BatchIdOf(sql, options, relations), cancellationToken).ConfigureAwait(false);
            }
            catch (CorruptFileException) when (attempt < Attempts && relations.Exists(r => r.Snapshot is { } snapshot && r.View!.IsOutdated(snapshot, mayExpire: sources[r.Name].ViewCommit is not null)))
            {
                // A deletion or an expiry took files away: the rows are in others now.
                if (relations.Exists(relation => relation.File?.Rows?.IsReadOnce == true))
                {
                    throw new IngestException(
                        SqlRows.Source, $"Expected the data files of the views to stay while the SQL for {view} was computed, but a deletion or an expiry took some away, and a reader or a stream cannot be read twice. Do it again with a new one.");
                }
            }
        }
    }

    /// <summary>Refuses names that SQL could not say without quotes.</summary>
    internal static void CheckNames(IReadOnlyDictionary<string, SqlSource> sources)
    {
        foreach (var (name, source) in sources)
        {
            if (source is null || !NameOf().IsMatch(name) || name.StartsWith("__", StringComparison.Ordinal) || ReservedName(name))
            {
                throw new ArgumentException($"Expected the sources of SQL to have names of letters, digits and '_', not '__' in front, and no other name of the platform, but found '{name}'{(source is null ? " without a source" : string.Empty)}.", nameof(sources));
            }
        }

        if (sources.Keys.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Expected the sources of SQL to have names that are unique without regard to case, but '{twice.Key}' occurs {twice.Count()} times.", nameof(sources));
        }
    }

    private static bool ReservedName(string name) => name.ToUpperInvariant() is "RAW_ROWS" or "STAGED_ROWS" or "PROBE_ROWS";

    private SqlRelation Open(FeatureViewDefinition view, string name, SqlSource source)
    {
        if (source.ViewName is { } viewName)
        {
            var offline = store.Open(catalog.GetView(viewName, source.ViewVersion));
            return new SqlRelation(name, null, offline, offline.GetSnapshot(source.ViewCommit));
        }

        if (source.DataReader is { } reader)
        {
            return new SqlRelation(name, new SourceFile(DataReaderSource.Source, new DataReaderIngestOptions()) { Rows = new DataReaderSource(reader, view, []) }, null, null);
        }

        if (source.ArrowBatches is { } batches)
        {
            return new SqlRelation(name, new SourceFile(ArrowBatchSource.Source, new ArrowIngestOptions()) { Rows = new ArrowBatchSource(batches, source.IsReadOnce) }, null, null);
        }

        var file = SourceFile.Open(source.Path!, source.Options!);
        return new SqlRelation(
            name,
            source.Options switch
            {
                JsonLinesIngestOptions => file with { Rows = new JsonLinesSource(file.Source, []) },
                ArrowIngestOptions => file with { Rows = new ArrowFileSource(file.Source, ArrowColumnRoles.None) },
                _ => file,
            },
            null,
            null);
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex NameOf();
}
