using System.ComponentModel.DataAnnotations;
using Apache.Arrow;
using Mlp.Features;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.Spark.Artifacts;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Connect;

/// <summary>
/// A session of a Spark Connect server. Its first call makes the connection. All Python functions of a session that scores are sent to the worker of this library, so that the session is one of its own, not
/// shared with PySpark. Thread-safe.
/// </summary>
public sealed partial class SparkSession : IAsyncDisposable
{
    private readonly IModelRegistry? _registry;
    private int _isDisposed;
    private long _planId;

    /// <summary>Prepares a session; nothing is called yet.</summary>
    /// <param name="connection">Where the server is and as whom to talk to it.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="registry">Where models are found by name; null for nowhere.</param>
    /// <param name="features">Where the on-demand views of models are found; null for nowhere: all features are columns of the tables then.</param>
    /// <exception cref="ValidationException">A setting is out of its range.</exception>
    /// <exception cref="ArgumentException">The shared folder is a URI, or a relative path.</exception>
    public SparkSession(SparkConnectionString connection, SparkSessionOptions? options = null, IModelRegistry? registry = null, FeatureStore? features = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= new SparkSessionOptions();
        if (SettingsRanges.FindFailures(nameof(SparkSessionOptions), options, '.') is [var failure, ..])
        {
            throw new ValidationException(failure);
        }

        if (options.SharedFolder is { } shared)
        {
            ExecutorPath.Require(shared, "shared folder", nameof(options));
        }

        Channel = new SparkChannel(connection, options);
        Settings = new SparkSettings(Channel);
        Artifacts = new SparkArtifacts(Channel);
        Shipment = new SessionShipment(Artifacts, Settings, options);
        _registry = registry;
        Features = features;
    }

    /// <summary>Id of the session, a UUID.</summary>
    public string Id => Channel.SessionId;

    /// <summary>Reads tables.</summary>
    public SparkReader Read => new(this);

    /// <summary>The settings of the session.</summary>
    public SparkSettings Settings { get; }

    /// <summary>Files that travel to the executors.</summary>
    public SparkArtifacts Artifacts { get; }

    /// <summary>The calls.</summary>
    internal SparkChannel Channel { get; }

    /// <summary>Where on-demand views are found; null for nowhere.</summary>
    internal FeatureStore? Features { get; }

    /// <summary>What the executors get.</summary>
    internal SessionShipment Shipment { get; }

    /// <summary>Connects to a server and asks for its version.</summary>
    /// <param name="connection">The connection string, for example <c>sc://localhost:15002</c>.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FormatException">It is no connection string.</exception>
    /// <exception cref="ValidationException">A setting is out of its range.</exception>
    /// <exception cref="ArgumentException">The shared folder is a URI, or a relative path.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    /// <exception cref="SparkConnectionRefusedException">The server does not accept the caller.</exception>
    public static async Task<SparkSession> ConnectAsync(string connection, SparkSessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        var session = new SparkSession(SparkConnectionString.Parse(connection), options);
        try
        {
            await session.GetVersionAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            session.Channel.Dispose();
            throw;
        }
    }

    /// <summary>The version of Spark, for example <c>4.3.0</c>.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    /// <exception cref="SparkConnectionRefusedException">The server does not accept the caller.</exception>
    public async Task<string> GetVersionAsync(CancellationToken cancellationToken = default)
    {
        var response = await Channel.AnalyzeAsync(new AnalyzePlanRequest { SparkVersion = new() }, cancellationToken).ConfigureAwait(false);
        return response.SparkVersion.Version;
    }

    /// <summary>The answer of a query.</summary>
    /// <param name="query">A query in Spark's SQL; for commands see <see cref="ExecuteSqlAsync"/>.</param>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public SparkDataFrame Sql(string query)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(query);
        return new SparkDataFrame(this, SparkPlan.Of(new Relation { Sql = new() { Query = query } }));
    }

    /// <summary>Runs a command of Spark's SQL at once, for example <c>DROP TABLE</c>.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="ArgumentException">It is empty.</exception>
    /// <exception cref="SparkException">The command is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: whether the command has run is not known.</exception>
    public Task ExecuteSqlAsync(string command, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        return RunAsync(new Command { SqlCommand = new() { Sql = command } }, cancellationToken);
    }

    /// <summary>Numbers in one column <c>id</c>, bigint.</summary>
    /// <param name="start">The first number.</param>
    /// <param name="end">The number before which they end.</param>
    /// <param name="step">Distance of neighbours, not 0.</param>
    /// <param name="partitionCount">Number of partitions; null for Spark's choice.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is 0, or there is no partition.</exception>
    public SparkDataFrame Range(long start, long end, long step = 1, int? partitionCount = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(step);
        var range = new Protocol.Range { Start = start, End = end, Step = step };
        if (partitionCount is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(partitionCount));
            range.NumPartitions = count;
        }

        return new SparkDataFrame(this, SparkPlan.Of(new Relation { Range = range }));
    }

    /// <summary>A small table of this process, which travels with the query.</summary>
    /// <param name="schema">Its columns.</param>
    /// <param name="batches">Its rows; they are copied, and stay the caller's.</param>
    /// <exception cref="ArgumentException">A batch has other columns than the schema.</exception>
    /// <exception cref="NotSupportedException">Spark does not have the type of a column.</exception>
    public SparkDataFrame FromBatches(Schema schema, params IReadOnlyList<RecordBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(batches);
        var local = new LocalRelation { Schema = SparkTypes.ToDdl(schema.FieldsList) };

        foreach (var batch in batches)
        {
            if (SparkTypes.ToDdl(batch.Schema.FieldsList) is var found && found != local.Schema)
            {
                throw new ArgumentException($"Expected batches of the columns {local.Schema}, but found one of {found}.", nameof(batches));
            }
        }

        // Spark 3.5 refuses a stream without a batch; every version takes the columns alone.
        if (batches.Count > 0)
        {
            local.Data = ArrowParts.Write(schema, batches);
        }

        return new SparkDataFrame(this, SparkPlan.Of(new Relation { LocalRelation = local }));
    }

    /// <summary>Ends everything that the session runs; whoever waits for it gets an exception.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Number of queries that were ended.</returns>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    public async Task<int> InterruptAsync(CancellationToken cancellationToken = default)
        => (await Channel.InterruptAllAsync(cancellationToken).ConfigureAwait(false)).Count;

    /// <summary>Releases the session and closes the connection.</summary>
    /// <returns>A task that completes when the server knows it, or cannot be told.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await Channel.ReleaseQuietlyAsync().ConfigureAwait(false);
            Channel.Dispose();
            Shipment.Dispose();
        }
    }

    /// <summary>A number for a plan that the server may keep, with what it has found out about it.</summary>
    internal long NextPlanId() => Interlocked.Increment(ref _planId);

    /// <summary>Runs a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    internal async Task RunAsync(Command command, CancellationToken cancellationToken)
    {
        await foreach (var _ in Channel.ExecuteAsync(new Plan { Command = command }, cancellationToken).ConfigureAwait(false))
        {
            // A command has no rows.
        }
    }

    /// <summary>The columns of a plan, as a struct.</summary>
    /// <param name="relation">The plan.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<Protocol.DataType> AnalyzeTypeAsync(Relation relation, CancellationToken cancellationToken)
    {
        var response = await Channel.AnalyzeAsync(new AnalyzePlanRequest { Schema = new() { Plan = new Plan { Root = relation } } }, cancellationToken).ConfigureAwait(false);
        return response.Schema.Schema;
    }
}
