using Apache.Arrow;
using Apache.Arrow.Types;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>
/// A training set over Parquet files from anywhere, of any size: rows stream in the order of the files and within them, with bounded memory. The files are not to change: a read refuses one of another length or
/// write time. Thread-safe; each read has a database of its own.
/// </summary>
public sealed class ParquetTrainingSet : ITrainingSet
{
    private const string Format = "Parquet";

    private readonly FileRows _rows;

    private ParquetTrainingSet(FileRows rows, TrainingSetManifest manifest) => (_rows, Manifest) = (rows, manifest);

    private enum ColumnKind
    {
        Number,
        Boolean,
        Text,
        Time,
        Vector,
        Other,
    }

    /// <inheritdoc/>
    public TrainingSetManifest Manifest { get; }

    /// <inheritdoc/>
    public Schema Schema => _rows.Schema;

    /// <summary>Opens files and reads them once, to count and hash their rows.</summary>
    /// <param name="files">Paths of at least one file, in the order in which they are read.</param>
    /// <param name="columns">
    /// Which columns are what. Numbers are read as the features' types say, so that doubles become float32 for a feature of that type; fractions are not taken for integers. An int64 feature may also be a timestamp or a
    /// date: microseconds since 1970, UTC. Of other columns integers and times are read as int64.
    /// </param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentException">There is no file.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="TrainingDataException">A column is missing or of another type, a value does not fit its type, or there are no rows.</exception>
    /// <exception cref="CorruptFileException">A file is no Parquet.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring DuckDB, which reads Parquet.</exception>
    public static async Task<ParquetTrainingSet> OpenAsync(IReadOnlyList<string> files, FileColumns columns, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var stamps = FileStamp.Of(files, Format);
        var described = Describe(stamps, columns);
        var select = $"SELECT {string.Join(", ", described.Select(c => c.Sql))}";
        var rows = new FileRows([.. stamps.Select(s => (s, $"{select} {From(s.Path)}"))], [.. described.Select(c => c.Column)], Failure);
        return new ParquetTrainingSet(rows, await rows.DescribeAsync(columns, Format, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    /// <exception cref="TrainingDataException">A file is another one than when the set was opened.</exception>
    /// <exception cref="CorruptFileException">A file is no Parquet any more.</exception>
    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default) => _rows.ReadAsync(cancellationToken);

    private static string From(string path) => $"FROM read_parquet({SqlText.File(path)}, hive_partitioning = false)";

    // DuckDB's message on a value holds it.
    private static Exception Failure(DuckDBException cause, string path)
        => cause.ErrorType == DuckDBErrorType.Conversion
            ? new TrainingDataException($"Expected values that fit the types of their columns in '{path}', but a value does not.")
            : Unreadable(cause, path);

    private static CorruptFileException Unreadable(DuckDBException cause, string path)
    {
        Span<byte> start = stackalloc byte[4];
        using var file = File.OpenRead(path);
        var isParquet = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("PAR1"u8);
        return new(
            path,
            isParquet
                ? $"Expected a Parquet file at '{path}', but it cannot be read: it is damaged or incomplete."
                : $"Expected a Parquet file at '{path}', but it does not begin as one: {nameof(CsvTrainingSet)} takes CSV.",
            innerException: cause);
    }

    /// <summary>The columns as they are read; every file must have them, of the same kind.</summary>
    private static List<(ParquetColumn Column, string Sql)> Describe(FileStamp[] files, FileColumns columns)
    {
        using var session = FileRows.Open();
        List<(ParquetColumn Column, string Sql)>? first = null;
        foreach (var file in files)
        {
            var found = Describe(ReadSchema(session, file.Path), columns, file.Path);
            if (first is not null && found.FindIndex(c => !first.Exists(f => f.Sql == c.Sql && f.Column.StoredType.TypeId == c.Column.StoredType.TypeId)) is >= 0 and var other)
            {
                var name = found[other].Column.Field.Name;
                throw new TrainingDataException($"Expected column '{name}' to have one type in all Parquet files, but '{file.Path}' has another one than '{files[0].Path}'.", name);
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
            throw Unreadable(e, path);
        }
    }

    private static List<(ParquetColumn Column, string Sql)> Describe(Schema schema, FileColumns columns, string path)
    {
        var result = new List<(ParquetColumn Column, string Sql)>();
        foreach (var feature in columns.Features)
        {
            var stored = TypeOf(feature.Name);
            Add(feature.Name, FeatureRowColumns.TypeOf(feature), Fits(feature, stored), Expected(feature));
        }

        foreach (var name in columns.Undeclared)
        {
            var stored = TypeOf(name);
            IArrowType type = stored switch { BooleanType or StringType or FloatType or DoubleType => stored, Decimal128Type => DoubleType.Default, _ => Int64Type.Default };
            Add(name, type, Kind(stored) is not (ColumnKind.Vector or ColumnKind.Other), "numbers, truth values, texts or times");
        }

        if (columns.WeightColumn is { } weight && result.TrueForAll(c => c.Column.Field.Name != weight))
        {
            Add(weight, DoubleType.Default, Kind(TypeOf(weight)) == ColumnKind.Number, "numbers");
        }

        if (columns.TimeColumn is { } time && result.TrueForAll(c => c.Column.Field.Name != time))
        {
            Add(time, Int64Type.Default, Kind(TypeOf(time)) == ColumnKind.Time || TypeOf(time) is Int64Type, "timestamps, dates or int64 microseconds");
        }

        return result;

        IArrowType TypeOf(string name) => schema.GetFieldByIndex(Columns.IndexOf(schema, name)).DataType;

        void Add(string name, IArrowType type, bool fits, string expected)
        {
            var stored = TypeOf(name);
            if (!fits)
            {
                throw new TrainingDataException($"Expected column '{name}' in '{path}' to hold {expected}, but found the Arrow type {stored.Name}.", name);
            }

            var column = new ParquetColumn(new Field(name, type, nullable: true), isTimeOfRow: false);
            result.Add((column, Kind(stored) == ColumnKind.Time ? $"epoch_us({SqlText.Name(name)}::TIMESTAMP) AS {SqlText.Name(name)}" : column.ReadSql));
        }
    }

    private static bool Fits(FeatureColumn feature, IArrowType stored) => (feature, Kind(stored)) switch
    {
        ({ IsVector: true }, var kind) => kind == ColumnKind.Vector,
        ({ Type: FeatureType.Boolean }, var kind) => kind == ColumnKind.Boolean,
        ({ Type: FeatureType.String }, var kind) => kind == ColumnKind.Text,
        ({ Type: FeatureType.Int64 }, var kind) => kind == ColumnKind.Time || (kind == ColumnKind.Number && stored is not (FloatingPointType or Decimal128Type)),
        (_, var kind) => kind == ColumnKind.Number,
    };

    private static string Expected(FeatureColumn feature) => feature switch
    {
        { IsVector: true } => "vectors of float32",
        { Type: FeatureType.Int64 } => "the type Int64, timestamps or dates",
        _ => $"the type {feature.Type}",
    };

    private static ColumnKind Kind(IArrowType type) => type switch
    {
        BooleanType => ColumnKind.Boolean,
        StringType => ColumnKind.Text,
        TimestampType or Date32Type => ColumnKind.Time,
        NumberType or Decimal128Type => ColumnKind.Number,
        ListType or FixedSizeListType => ColumnKind.Vector,
        _ => ColumnKind.Other,
    };
}
