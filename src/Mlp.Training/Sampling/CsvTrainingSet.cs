using Apache.Arrow;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>
/// A training set over CSV files of any size: rows stream in the order of the files and within them, with bounded memory. Nothing is copied, so each read parses the texts anew; <see cref="TrainingSet.SaveAsync(ITrainingSet, string, CancellationToken)"/>
/// makes Parquet of a set that is read often. The files are not to change: a read refuses one of another length or write time. Thread-safe; each read has a database of its own.
/// </summary>
public sealed class CsvTrainingSet : ITrainingSet
{
    private const string Format = "CSV";

    private readonly FileRows _rows;

    private CsvTrainingSet(FileRows rows, TrainingSetManifest manifest) => (_rows, Manifest) = (rows, manifest);

    /// <inheritdoc/>
    public TrainingSetManifest Manifest { get; }

    /// <inheritdoc/>
    public Schema Schema => _rows.Schema;

    /// <summary>Opens files and reads them twice: to check every text, and to count and hash the rows.</summary>
    /// <param name="files">Paths of at least one file, in the order in which they are read. Each has a header line; columns are found by name.</param>
    /// <param name="columns">
    /// Which columns are what. Features are read as their types say; an int64 feature may also be a time in all its rows (ISO 8601, UTC where no offset is said): microseconds since 1970. The label and the other columns
    /// are int64, else float64, else truth values (true and false), whichever all their texts are, else texts; numbers with leading zeros and, but for the label, with a plus sign are texts. Weights are float64.
    /// </param>
    /// <param name="options">How the files are written; null for the defaults.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentException">There is no file, or an option cannot be used.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    /// <exception cref="TrainingDataException">A column is missing, a text does not fit the type of its column (the message names file, column and line), or there are no rows.</exception>
    /// <exception cref="CorruptFileException">A file is no CSV.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring DuckDB, which reads CSV.</exception>
    public static async Task<CsvTrainingSet> OpenAsync(
        IReadOnlyList<string> files, FileColumns columns, CsvOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var format = (options ?? new CsvOptions()).Format;
        format.ThrowIfUnusable(nameof(CsvOptions));
        var stamps = FileStamp.Of(files, Format);
        var wanted = CsvColumn.Of(columns);
        CsvText[] texts = [.. stamps.Select(s => Open(s.Path, format, wanted))];
        var described = await Task.Run(() => Describe(texts, wanted, cancellationToken), cancellationToken).ConfigureAwait(false);
        var select = $"SELECT {string.Join(", ", described.Select(c => c.Sql))}";
        var rows = new FileRows(
            [.. stamps.Zip(texts, (stamp, text) => (stamp, $"{select} FROM {text.Relation}"))], [.. described.Select(c => c.Column)], static (cause, path) => CsvSurvey.Unreadable(path, cause));
        return new CsvTrainingSet(rows, await rows.DescribeAsync(columns, Format, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    /// <exception cref="TrainingDataException">A file is another one than when the set was opened.</exception>
    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default) => _rows.ReadAsync(cancellationToken);

    private static CsvText Open(string path, CsvFormat format, List<CsvColumn> wanted)
    {
        if (!CsvText.TryOpen(path, format, out var text, out var fault))
        {
            throw new CorruptFileException(path, fault.Sentence);
        }

        return wanted.Find(c => !text.Names.Contains(c.Name)) is not { } missing
            ? text
            : throw new TrainingDataException(
                $"Expected a column '{missing.Name}' in '{path}', but found {string.Join(", ", text.Names.Select(n => $"'{n}'"))}.{format.Advice(nameof(CsvOptions), text.Names)}", missing.Name);
    }

    private static List<(ParquetColumn Column, string Sql)> Describe(CsvText[] texts, List<CsvColumn> wanted, CancellationToken cancellationToken)
    {
        using var session = FileRows.Open();
        return [.. new CsvSurvey(session, texts).FindTypes(wanted, cancellationToken).Zip(wanted, (type, column) => column.As(type))];
    }
}
