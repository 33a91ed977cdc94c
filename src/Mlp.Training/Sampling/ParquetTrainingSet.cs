using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>
/// A training set over Parquet files from anywhere, of any size: rows stream in the order of the files and within them, with bounded memory. The files are not to change. Thread-safe; each read has a database of its own.
/// </summary>
public sealed class ParquetTrainingSet : ITrainingSet
{
    private const long MemoryLimitBytes = 256L << 20;

    private readonly IReadOnlyList<string> _files;
    private readonly IReadOnlyList<ParquetColumn> _columns;
    private readonly IReadOnlyList<string> _expressions;

    private ParquetTrainingSet(IReadOnlyList<string> files, IReadOnlyList<(ParquetColumn Column, string Sql)> columns, TrainingSetManifest manifest)
    {
        _files = files;
        _columns = [.. columns.Select(c => c.Column)];
        _expressions = [.. columns.Select(c => c.Sql)];
        Schema = new Schema(_columns.Select(c => c.Field), metadata: null);
        Manifest = manifest;
    }

    private enum ColumnKind
    {
        Number,
        Boolean,
        Text,
        Vector,
        Other,
    }

    /// <inheritdoc/>
    public TrainingSetManifest Manifest { get; private set; }

    /// <inheritdoc/>
    public Schema Schema { get; }

    /// <summary>Opens files and reads them once, to count and hash their rows.</summary>
    /// <param name="files">Paths of at least one file, in the order in which they are read.</param>
    /// <param name="columns">Which columns are what. An integer column is read as int64; other numbers and texts as the features' types say.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentException">There is no file.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="TrainingDataException">A column is missing or of another type, a value does not fit its type, or there are no rows.</exception>
    /// <exception cref="CorruptFileException">A file is no Parquet.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring DuckDB, which reads Parquet.</exception>
    public static async Task<ParquetTrainingSet> OpenAsync(IReadOnlyList<string> files, ParquetColumns columns, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(columns);
        if (files.Count == 0)
        {
            throw new ArgumentException("Expected at least one Parquet file, but found none.", nameof(files));
        }

        string[] paths = [.. files.Select(Path.GetFullPath)];
        if (System.Array.Find(paths, p => !File.Exists(p)) is { } missing)
        {
            throw new FileNotFoundException($"Expected a Parquet file at '{missing}', but found none.", missing);
        }

        var set = new ParquetTrainingSet(paths, Describe(paths, columns), new TrainingSetManifest
        {
            Features = [.. columns.Features],
            LabelColumns = columns.LabelColumn is null ? [] : [columns.LabelColumn],
            TimeColumn = columns.TimeColumn,
            WeightColumn = columns.WeightColumn,
            RowCount = 0,
            ContentHash = string.Empty,
        });
        using var hash = new RecordBatchHash(set.Schema);
        long rowCount = 0;
        await RowValues.ReadAsync(
            set,
            batch =>
            {
                hash.Append(batch);
                rowCount += batch.Length;
            },
            cancellationToken).ConfigureAwait(false);
        set.Manifest = set.Manifest with { RowCount = rowCount, ContentHash = hash.GetHashAndReset() };
        return rowCount > 0 ? set : throw new TrainingDataException(FormattableString.Invariant($"Expected rows in the {paths.Length} Parquet files, but they have none."));
    }

    /// <inheritdoc/>
    /// <exception cref="TrainingDataException">A value does not fit the type of its column.</exception>
    /// <exception cref="CorruptFileException">A file is no Parquet any more.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var session = Open();
        foreach (var path in _files)
        {
            var batches = session.QueryArrowAsync($"SELECT {string.Join(", ", _expressions)} {From(path)}", isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using var _ = batches.ConfigureAwait(false);
            while (await MoveNextAsync(batches, path).ConfigureAwait(false))
            {
                var stored = batches.Current;
                yield return new RecordBatch(Schema, _columns.Select((column, i) => column.FromStored(stored.Column(i), path)), stored.Length);
            }
        }
    }

    private static DuckDbSession Open() => DuckDbSession.Open(
        new DuckDbSettings(MemoryLimitBytes, Math.Min(2, Environment.ProcessorCount), Path.GetTempPath()) { Work = "the training set", LimitOption = "the memory of the machine" });

    private static string From(string path) => $"FROM read_parquet({SqlText.Text(path)}, hive_partitioning = false)";

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> batches, string path)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DuckDBException e) when (e.ErrorType == DuckDBErrorType.Conversion)
        {
            // Its message holds the value.
            throw new TrainingDataException($"Expected values that fit the types of their columns in '{path}', but a value does not.");
        }
        catch (DuckDBException e)
        {
            throw new CorruptFileException(path, $"Expected a Parquet file at '{path}', but it cannot be read.", innerException: e);
        }
    }

    /// <summary>The columns as they are read; every file must have them, of the same kind.</summary>
    private static List<(ParquetColumn Column, string Sql)> Describe(string[] paths, ParquetColumns columns)
    {
        using var session = Open();
        List<(ParquetColumn Column, string Sql)>? first = null;
        foreach (var path in paths)
        {
            var found = Describe(ReadSchema(session, path), columns, path);
            if (first is not null && found.FindIndex(c => !first.Exists(f => f.Column.Field.Name == c.Column.Field.Name && f.Column.StoredType.TypeId == c.Column.StoredType.TypeId)) is >= 0 and var other)
            {
                var name = found[other].Column.Field.Name;
                throw new TrainingDataException($"Expected column '{name}' to have one type in all Parquet files, but '{path}' has another one than '{paths[0]}'.", name);
            }

            first ??= found;
        }

        return first!;
    }

    private static Schema ReadSchema(DuckDbSession session, string path)
    {
        try
        {
            return session.QuerySchema($"SELECT * {From(path)} LIMIT 0");
        }
        catch (DuckDBException e)
        {
            throw new CorruptFileException(path, $"Expected a Parquet file at '{path}', but it cannot be read.", innerException: e);
        }
    }

    private static List<(ParquetColumn Column, string Sql)> Describe(Schema schema, ParquetColumns columns, string path)
    {
        var result = new List<(ParquetColumn Column, string Sql)>();
        foreach (var feature in columns.Features)
        {
            var stored = schema.GetFieldByIndex(Columns.IndexOf(schema, feature.Name)).DataType;
            Add(feature.Name, FeatureRowColumns.TypeOf(feature), Kind(stored) == KindOf(feature) && !(feature.Type == FeatureType.Int64 && stored is (FloatingPointType or Decimal128Type)), stored, feature.IsVector ? "vectors of float32" : $"the type {feature.Type}");
        }

        foreach (var name in columns.OtherColumns.Append(columns.LabelColumn).Append(columns.WeightColumn).OfType<string>().Where(n => result.TrueForAll(c => c.Column.Field.Name != n)).Distinct(StringComparer.Ordinal))
        {
            var stored = schema.GetFieldByIndex(Columns.IndexOf(schema, name)).DataType;
            IArrowType type = stored switch { BooleanType or StringType or FloatType or DoubleType => stored, Decimal128Type => DoubleType.Default, _ => Int64Type.Default };
            Add(name, type, Kind(stored) != ColumnKind.Other, stored, "numbers, truth values or texts");
        }

        if (columns.TimeColumn is { } time && result.TrueForAll(c => c.Column.Field.Name != time))
        {
            var stored = schema.GetFieldByIndex(Columns.IndexOf(schema, time)).DataType;
            var isTime = stored is TimestampType or Date32Type;
            Add(time, Int64Type.Default, isTime || stored is Int64Type, stored, "timestamps, dates or int64 microseconds");
            if (isTime)
            {
                result[^1] = (result[^1].Column, $"epoch_us({SqlText.Name(time)}::TIMESTAMP) AS {SqlText.Name(time)}");
            }
        }

        return result;

        void Add(string name, IArrowType type, bool fits, IArrowType stored, string expected)
        {
            if (!fits)
            {
                throw new TrainingDataException($"Expected column '{name}' in '{path}' to hold {expected}, but found the Arrow type {stored.Name}.", name);
            }

            var column = new ParquetColumn(new Field(name, type, nullable: true), isTimeOfRow: false);
            result.Add((column, column.ReadSql));
        }
    }

    private static ColumnKind Kind(IArrowType type) => type switch
    {
        BooleanType => ColumnKind.Boolean,
        StringType => ColumnKind.Text,
        NumberType or Decimal128Type => ColumnKind.Number,
        ListType or FixedSizeListType => ColumnKind.Vector,
        _ => ColumnKind.Other,
    };

    private static ColumnKind KindOf(FeatureColumn feature) => feature switch
    {
        { IsVector: true } => ColumnKind.Vector,
        { Type: FeatureType.Boolean } => ColumnKind.Boolean,
        { Type: FeatureType.String } => ColumnKind.Text,
        _ => ColumnKind.Number,
    };
}
