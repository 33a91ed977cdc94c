using System.Globalization;
using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Runtime.Data;

/// <summary>A private DuckDB database in memory that spills to a folder of its own. Not thread-safe.</summary>
internal sealed class DuckDbSession : IDisposable
{
    internal const string NativePackage = "DuckDB.NET.Data.Full";

    /// <summary>How the name of a session's folder starts.</summary>
    internal const string ScratchPrefix = "duckdb-";

    private static readonly NativeLibraryGuard Library = new(NativePackage, "DuckDB");

    private readonly DuckDBConnection _connection;
    private readonly DuckDbSettings _settings;
    private bool _isConfined;

    private DuckDbSession(DuckDBConnection connection, string spillDirectory, DuckDbSettings settings)
    {
        _settings = settings;
        _connection = connection;
        ScratchDirectory = spillDirectory;
    }

    /// <summary>A folder of this session alone, removed with it; it need not exist yet.</summary>
    internal string ScratchDirectory { get; }

    /// <summary>Opens a database.</summary>
    /// <exception cref="MissingNativePackageException">The application does not bring libduckdb.</exception>
    internal static DuckDbSession Open(DuckDbSettings settings)
    {
        var connection = Library.Open(Connect);
        var spill = Path.Combine(settings.TemporaryDirectory, $"{ScratchPrefix}{Guid.NewGuid():N}");
        var session = new DuckDbSession(connection, spill, settings);
        try
        {
            // DuckDB makes the folder when it needs it, but not the one above.
            Directory.CreateDirectory(settings.TemporaryDirectory);
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{settings.MemoryLimitBytes}B'"));
            session.Execute($"SET temp_directory = {SqlText.Text(spill)}");
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"SET threads = {settings.Threads}"));
            session.Execute("SET TimeZone = 'UTC'");
            session.Execute("SET preserve_insertion_order = true");
            session.Execute("SET enable_progress_bar = false");

            // Both replace a window or a join by the aggregate arg_max, whose values go through sort keys: those know one NaN and one zero.
            session.Execute("SET disabled_optimizers = 'top_n_window_elimination'");
            session.Execute("SET asof_loop_join_threshold = 0");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>From now on SQL sees no file but the session's own folder and those that are named, and can change no setting. There is no way back.</summary>
    /// <param name="readable">Full paths of files; a session that is confined already keeps its own.</param>
    internal void Confine(IReadOnlyCollection<string> readable)
    {
        if (_isConfined)
        {
            return;
        }

        _isConfined = true;

        // DuckDB checks the pattern first, and then the file that it found.
        Execute($"SET allowed_directories = [{PatternsAndNames([ScratchDirectory])}]");
        if (readable.Count > 0)
        {
            Execute($"SET allowed_paths = [{PatternsAndNames(readable)}]");
        }

        Execute("SET enable_external_access = false");
        Execute("SET lock_configuration = true");
    }

    /// <summary>What keeps a text from being one SELECT over the tables of the session; null when it is one.</summary>
    /// <param name="sql">The text.</param>
    /// <returns>The rest of a sentence that ends in "but".</returns>
    internal string? FindFaultOfSelect(string sql) => DuckDbStatements.FindFaultOfSelect(_connection, sql);

    /// <summary>What keeps a text from being one expression; null when it is one, over whatever columns.</summary>
    /// <param name="sql">The text.</param>
    /// <returns>The rest of a sentence that ends in "but".</returns>
    internal string? FindFaultOfExpression(string sql) => DuckDbStatements.FindFaultOfExpression(_connection, sql);

    internal void Execute(string sql, CancellationToken cancellationToken = default)
    {
        using var command = CreateCommand(sql);
        using var cancel = cancellationToken.Register(static c => ((DuckDBCommand)c!).Cancel(), command);
        try
        {
            command.ExecuteNonQuery();
        }
        catch (DuckDBException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (DuckDBException e) when (IsOutOfMemory(e))
        {
            throw OutOfMemory(e);
        }
        catch (DuckDBException e) when (IsDiskFull(e))
        {
            throw DiskFull(e);
        }
    }

    /// <summary>The rows of a query that returns few.</summary>
    internal List<object?[]> Query(string sql)
    {
        using var command = CreateCommand(sql);
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            }

            rows.Add(row);
        }

        return rows;
    }

    internal long QueryInt64(string sql) => Convert.ToInt64(Query(sql)[0][0], CultureInfo.InvariantCulture);

    /// <summary>The rows of a query as Arrow batches, which the caller disposes.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="isStreamed">Whether rows come as they are made, instead of all being in memory before the first; nothing else runs on the session meanwhile.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    internal async IAsyncEnumerable<RecordBatch> QueryArrowAsync(
        string sql, bool isStreamed, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var command = CreateCommand(sql);
        command.UseStreamingMode = isStreamed;
        using var cancel = cancellationToken.Register(static c => ((DuckDBCommand)c!).Cancel(), command);
        var batches = command.ExecuteArrowBatchesAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = batches.ConfigureAwait(false);
        while (await MoveNextAsync(batches, cancellationToken).ConfigureAwait(false))
        {
            yield return batches.Current;
        }
    }

    /// <summary>The rows of a query as Arrow batches, which the caller disposes.</summary>
    internal IAsyncEnumerable<RecordBatch> QueryArrowAsync(string sql, CancellationToken cancellationToken = default) => QueryArrowAsync(sql, isStreamed: false, cancellationToken);

    /// <summary>The columns of a query.</summary>
    internal Schema QuerySchema(string sql)
    {
        using var command = CreateCommand(sql);
        using var stream = command.ExecuteArrowStream();
        return stream.Schema;
    }

    internal DuckDbAppender CreateAppender(string table, Schema schema) => new(_connection, table, schema);

    public void Dispose()
    {
        _connection.Dispose();
        if (Directory.Exists(ScratchDirectory))
        {
            Directory.Delete(ScratchDirectory, recursive: true);
        }
    }

    private static string PatternsAndNames(IEnumerable<string> paths) => string.Join(", ", paths.SelectMany(p => new[] { SqlText.Text(p), SqlText.File(p) }).Distinct());

    private static bool IsOutOfMemory(DuckDBException exception) => exception.Message.Contains("Out of Memory Error", StringComparison.Ordinal);

    private static bool IsDiskFull(DuckDBException exception)
        => exception.Message.Contains("No space left on device", StringComparison.Ordinal) || exception.Message.Contains("not enough space on the disk", StringComparison.Ordinal);

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> batches, CancellationToken cancellationToken)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DuckDBException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (DuckDBException e) when (IsOutOfMemory(e))
        {
            throw OutOfMemory(e);
        }
        catch (DuckDBException e) when (IsDiskFull(e))
        {
            throw DiskFull(e);
        }
    }

    private InsufficientMemoryException OutOfMemory(DuckDBException cause)
        => new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {_settings.Work} to do with {_settings.MemoryLimitBytes >> 20} MiB and the temporary folder '{ScratchDirectory}', but it needs more. Raise {_settings.LimitOption}."),
            cause);

    private IOException DiskFull(DuckDBException cause) => new($"Expected space on the disk for what {_settings.Work} writes, but there is none: {cause.Message.Split('\n')[0]}", cause);

    private static DuckDBConnection Connect()
    {
        DuckDBConnection? connection = null;
        try
        {
            connection = new DuckDBConnection("DataSource=:memory:");
            connection.Open();
            return connection;
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private DuckDBCommand CreateCommand(string sql)
    {
        var command = (DuckDBCommand)_connection.CreateCommand();
#pragma warning disable CA2100 // Every name and text in our SQL went through Sql.Name and Sql.Text; expressions of CsvIngestOptions are SQL by intent.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
