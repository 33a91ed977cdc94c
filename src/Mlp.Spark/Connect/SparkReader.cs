using Mlp.Features;
using Mlp.Features.Offline;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Joins;

namespace Mlp.Spark.Connect;

/// <summary>Tables that Spark reads. Immutable: each setting gives another reader.</summary>
public sealed class SparkReader
{
    private readonly SparkSession _session;
    private readonly string? _schema;
    private readonly Dictionary<string, string> _options;

    internal SparkReader(SparkSession session)
        : this(session, null, new Dictionary<string, string>())
    {
    }

    private SparkReader(SparkSession session, string? schema, Dictionary<string, string> options)
    {
        _session = session;
        _schema = schema;
        _options = options;
    }

    /// <summary>An option of the format, for example <c>header</c> of CSV.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public SparkReader Option(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        return new SparkReader(_session, _schema, new Dictionary<string, string>(_options) { [name] = value });
    }

    /// <summary>The columns, where the files do not say them.</summary>
    /// <param name="ddl">The columns as Spark's SQL writes them, for example <c>id bigint, fare double</c>.</param>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public SparkReader Schema(string ddl)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ddl);
        return new SparkReader(_session, ddl, _options);
    }

    /// <summary>A Parquet file or folder.</summary>
    /// <param name="paths">Paths that Spark sees.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SparkDataFrame Parquet(params IReadOnlyList<string> paths) => Files("parquet", paths);

    /// <summary>A CSV file or folder.</summary>
    /// <param name="paths">Paths that Spark sees.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SparkDataFrame Csv(params IReadOnlyList<string> paths) => Files("csv", paths);

    /// <summary>A file or folder with one JSON object per line.</summary>
    /// <param name="paths">Paths that Spark sees.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SparkDataFrame Json(params IReadOnlyList<string> paths) => Files("json", paths);

    /// <summary>Files of any format that Spark knows.</summary>
    /// <param name="format">Name of the format, for example <c>delta</c>.</param>
    /// <param name="paths">Paths that Spark sees.</param>
    /// <exception cref="ArgumentException">There is no path, or the format is empty.</exception>
    /// <remarks>From Spark 4.0 on the table keeps to the files that are there when it is first used, and Spark looks for them once. Read again to see others.</remarks>
    public SparkDataFrame Files(string format, params IReadOnlyList<string> paths)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(format);
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0 || paths.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException($"Expected paths of {format} files, but found {(paths.Count == 0 ? "none" : "an empty text")}.", nameof(paths));
        }

        var source = new Read.Types.DataSource { Format = format, Paths = { paths }, Options = { _options } };
        if (_schema is not null)
        {
            source.Schema = _schema;
        }

        return new SparkDataFrame(_session, SparkPlan.Of(new Relation { Common = new() { PlanId = _session.NextPlanId() }, Read = new() { DataSource = source } }));
    }

    /// <summary>A table or view of the catalog.</summary>
    /// <param name="name">Its name, quoted as in SQL where it must be.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public SparkDataFrame Table(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new SparkDataFrame(
            _session, SparkPlan.Of(new Relation { Read = new() { NamedTable = new() { UnparsedIdentifier = name, Options = { _options } } } }));
    }

    /// <summary>The rows of a feature view as of one commit of the offline store: exactly the files of that commit. Columns: the keys, <c>event_time</c>, <c>created_time</c>, <c>ingest_sequence</c>, the features.</summary>
    /// <param name="store">The feature store.</param>
    /// <param name="view">View name.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="timeTravel">The commit; null for the newest when the table is first used, which then stays the same for it.</param>
    /// <param name="dataDirectory">Where Spark sees the store's data directory, see <see cref="SparkJoinOptions.DataDirectory"/>.</param>
    /// <exception cref="Features.Definitions.FeatureDefinitionException">There is no such view.</exception>
    public SparkDataFrame FeatureView(FeatureStore store, string view, int? version = null, OfflineTimeTravel? timeTravel = null, string? dataDirectory = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(view);
        var definition = store.Catalog.GetView(view, version);
        return new SparkDataFrame(_session, new SparkPlan(token => OfflineCommitPlan.BuildAsync(store, definition, timeTravel, dataDirectory, token)));
    }
}
