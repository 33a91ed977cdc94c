using System.Buffers;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Joins;

/// <summary>The rows of a view as of one commit of the offline store, read by Spark: exactly the files of the commit.</summary>
internal static class OfflineCommitPlan
{
    // Files of the store count days as everybody does now; without this, Spark asks what is meant by times before 1900.
    private const string RebaseOption = "datetimeRebaseMode";

    private static readonly SearchValues<char> PatternCharacters = SearchValues.Create("*?[]{}\\");

    /// <summary>The plan. Columns: keys, <c>event_time</c>, <c>created_time</c>, <c>ingest_sequence</c>, features.</summary>
    /// <param name="store">The store.</param>
    /// <param name="view">The view.</param>
    /// <param name="timeTravel">The commit; null for the newest.</param>
    /// <param name="dataDirectory">Where Spark sees the data directory; null for where it is here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Relation> BuildAsync(FeatureStore store, FeatureViewDefinition view, OfflineTimeTravel? timeTravel, string? dataDirectory, CancellationToken cancellationToken)
    {
        var files = await store.GetFilesAsync(view, timeTravel, cancellationToken).ConfigureAwait(false);
        var columns = view.Keys.Select(k => (Name: k.Name, Type: SparkSql.TypeOf(k.Kind)))
            .Append((Name: FeatureViewDefinition.StoredEventTime, Type: "TIMESTAMP"))
            .Append((Name: FeatureViewDefinition.StoredCreatedTime, Type: "TIMESTAMP"))
            .Append((Name: FeatureViewDefinition.StoredSequence, Type: "BIGINT"))
            .Concat(view.Fields.Select(f => (Name: f.Name, Type: SparkSql.TypeOf(f))));
        var schema = string.Join(", ", columns.Select(column => $"{SparkSql.Name(column.Name)} {column.Type}"));
        return files.Paths.Count == 0
            ? new Relation { LocalRelation = new() { Schema = schema } }
            : new Relation
            {
                Read = new()
                {
                    DataSource = new()
                    {
                        Format = "parquet",
                        Schema = schema,
                        Paths = { files.Paths.Select(path => Locate(dataDirectory ?? store.Directory.Root, path)) },
                        Options = { [RebaseOption] = "CORRECTED" },
                    },
                },
            };
    }

    /// <summary>A file as Spark names it. A path without a scheme would be one of the cluster's own file system.</summary>
    /// <param name="directory">Where Spark sees the data directory.</param>
    /// <param name="path">Path within it.</param>
    /// <exception cref="ArgumentException">Spark would take it for a pattern.</exception>
    internal static string Locate(string directory, string path)
        => directory.AsSpan().ContainsAny(PatternCharacters)
            ? throw new ArgumentException($"Expected a data directory without '*', '?', '[', ']', '{{', '}}' and '\\', which make its path a pattern for Spark, but found '{directory}'. Say where else it lies, or move it.")
            : $"{(directory.Contains("://", StringComparison.Ordinal) ? string.Empty : "file://")}{directory.TrimEnd('/')}/{path}";
}
