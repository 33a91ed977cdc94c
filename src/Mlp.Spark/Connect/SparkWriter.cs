using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>Writes a table. When a task completes, Spark has committed the write; when it fails, what was written before is not committed. Immutable: each setting gives another writer.</summary>
public sealed class SparkWriter
{
    private readonly SparkDataFrame _table;
    private readonly SparkSaveMode _mode;
    private readonly IReadOnlyList<string> _partitions;
    private readonly Dictionary<string, string> _options;

    internal SparkWriter(SparkDataFrame table)
        : this(table, SparkSaveMode.ErrorIfExists, [], new Dictionary<string, string>())
    {
    }

    private SparkWriter(SparkDataFrame table, SparkSaveMode mode, IReadOnlyList<string> partitions, Dictionary<string, string> options)
    {
        _table = table;
        _mode = mode;
        _partitions = partitions;
        _options = options;
    }

    /// <summary>What happens where there is something already.</summary>
    /// <param name="mode">The mode; <see cref="SparkSaveMode.ErrorIfExists"/> unless it is said.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public SparkWriter Mode(SparkSaveMode mode)
        => Enum.IsDefined(mode) ? new(_table, mode, _partitions, _options) : throw new ArgumentOutOfRangeException(nameof(mode), mode, "Expected a save mode.");

    /// <summary>Columns whose values make folders.</summary>
    /// <param name="columns">Names of columns.</param>
    public SparkWriter PartitionBy(params IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return new SparkWriter(_table, _mode, columns, _options);
    }

    /// <summary>An option of the format, for example <c>compression</c>.</summary>
    /// <param name="name">Name of the option.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public SparkWriter Option(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        return new SparkWriter(_table, _mode, _partitions, new Dictionary<string, string>(_options) { [name] = value });
    }

    /// <summary>Writes Parquet files.</summary>
    /// <param name="path">A folder that Spark sees.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: whether the write was committed is not known.</exception>
    public Task ParquetAsync(string path, CancellationToken cancellationToken = default) => FilesAsync("parquet", path, cancellationToken);

    /// <summary>Writes CSV files.</summary>
    /// <param name="path">A folder that Spark sees.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: whether the write was committed is not known.</exception>
    public Task CsvAsync(string path, CancellationToken cancellationToken = default) => FilesAsync("csv", path, cancellationToken);

    /// <summary>Writes files with one JSON object per line.</summary>
    /// <param name="path">A folder that Spark sees.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: whether the write was committed is not known.</exception>
    public Task JsonAsync(string path, CancellationToken cancellationToken = default) => FilesAsync("json", path, cancellationToken);

    /// <summary>Writes files of any format that Spark knows.</summary>
    /// <param name="format">Name of the format, for example <c>delta</c>.</param>
    /// <param name="path">A folder that Spark sees.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="ArgumentException">The format or the path is empty.</exception>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: whether the write was committed is not known.</exception>
    public Task FilesAsync(string format, string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(format);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return WriteAsync(new WriteOperation { Source = format, Path = path }, cancellationToken);
    }

    /// <summary>Writes a table of the catalog.</summary>
    /// <param name="name">Its name, quoted as in SQL where it must be.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="SparkException">The query is wrong or has failed.</exception>
    /// <exception cref="SparkConnectionException">The connection broke: whether the write was committed is not known.</exception>
    public Task TableAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var table = new WriteOperation.Types.SaveTable { TableName = name, SaveMethod = WriteOperation.Types.SaveTable.Types.TableSaveMethod.SaveAsTable };
        return WriteAsync(new WriteOperation { Table = table }, cancellationToken);
    }

    private async Task WriteAsync(WriteOperation write, CancellationToken cancellationToken)
    {
        write.Input = await _table.Plan.BuildAsync(cancellationToken).ConfigureAwait(false);
        write.PartitioningColumns.Add(_partitions);
        write.Options.Add(_options);
        write.Mode = _mode switch
        {
            SparkSaveMode.Append => WriteOperation.Types.SaveMode.Append,
            SparkSaveMode.Overwrite => WriteOperation.Types.SaveMode.Overwrite,
            SparkSaveMode.Ignore => WriteOperation.Types.SaveMode.Ignore,
            _ => WriteOperation.Types.SaveMode.ErrorIfExists,
        };
        await _table.Session.RunAsync(new Command { WriteOperation = write }, cancellationToken).ConfigureAwait(false);
    }
}
