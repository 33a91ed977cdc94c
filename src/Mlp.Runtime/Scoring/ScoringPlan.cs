using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Scoring;

/// <summary>Where the features lie in tables of one schema, and what a result looks like. Immutable and thread-safe.</summary>
internal sealed class ScoringPlan
{
    private readonly ServingVersion _version;
    private readonly string _where;
    private readonly int[] _columns;
    private readonly int[] _statusColumns;
    private readonly int[] _viewStatusColumns;
    private readonly bool _takesStatus;
    private readonly ColumnReaders[] _readers;
    private readonly int[][] _inputColumns;
    private readonly int[][] _batchColumns;
    private readonly bool[] _holdVectors;

    /// <summary>Finds the columns.</summary>
    /// <param name="version">The version.</param>
    /// <param name="schema">The schema of the tables.</param>
    /// <param name="options">What results hold.</param>
    /// <exception cref="ArgumentException">A column is missing, is there twice or is called like a result, or the options ask for what the model does not have.</exception>
    public ScoringPlan(ServingVersion version, Schema schema, ScoringOptions options)
    {
        _version = version;
        _where = version.Manifest.Where;
        _takesStatus = version.Inputs.Inputs.Any(i => i.Kind == FeatureInputKind.Status);
        Schema = schema;
        Options = options;
        var layout = version.Inputs.Layout;
        var names = new ColumnNames(schema, _where);
        _columns = [.. layout.Columns.Select(f => Find(names, f))];
        _statusColumns = [.. layout.Columns.Select(f => names.FindStatus(f.Name, layout))];
        _viewStatusColumns = [.. layout.Columns.Select(f => names.FindViewStatus(f.View))];
        _readers = [.. layout.Columns.Select(f => new ColumnReaders(f, _where))];
        _inputColumns = [.. version.Inputs.Inputs.Select(ColumnsOf)];
        _holdVectors = [.. _inputColumns.Select(input => input.Any(feature => layout.Columns[feature].IsVector))];
        _batchColumns = [.. _inputColumns.Select(input => input.Select(feature => _columns[feature]).ToArray())];
        Result = new ResultLayout(version, options);
        Kept = options.Columns is { } kept
            ? [.. kept.Select(n => names.Find(n) ?? throw new ArgumentException($"Expected a column '{n}' to keep, but found {FoundColumns(schema)} ({_where})."))]
            : [.. Enumerable.Range(0, schema.FieldsList.Count)];
        ResultSchema = CreateResultSchema();
    }

    /// <summary>The schema of the tables.</summary>
    public Schema Schema { get; }

    /// <summary>The options.</summary>
    public ScoringOptions Options { get; }

    /// <summary>Indexes of the columns that a result has too.</summary>
    public IReadOnlyList<int> Kept { get; }

    /// <summary>Indexes of the columns that are read: features, and what is known of them.</summary>
    public IEnumerable<int> Read => [.. _columns, .. _statusColumns.Concat(_viewStatusColumns).Where(i => i >= 0)];

    /// <summary>The columns that scoring adds.</summary>
    public ResultLayout Result { get; }

    /// <summary>The schema of a result.</summary>
    public Schema ResultSchema { get; }

    /// <summary>The columns of a table, one entry per input of the model.</summary>
    /// <param name="batch">A table of the schema.</param>
    /// <param name="firstRow">What its first row is in what the caller passed, for messages.</param>
    /// <exception cref="ArgumentException">A column has a type that does not fit.</exception>
    public InputColumns[] Bind(RecordBatch batch, long firstRow)
    {
        var all = _takesStatus ? new ColumnReader[_columns.Length] : null;
        var inputs = _version.Inputs.Inputs;
        var bound = new InputColumns[inputs.Count];
        for (var i = 0; i < bound.Length; i++)
        {
            bound[i] = _holdVectors[i]
                ? BindVectors(batch, firstRow, inputs[i], _inputColumns[i], all)
                : BindPlain(batch, inputs[i].Type, _batchColumns[i]) ?? Bind(batch, firstRow, inputs[i], _inputColumns[i], all);
        }

        return bound;
    }

    /// <summary>Columns of floats without nulls need no readers, unless the model wants to see statuses.</summary>
    private InputColumns? BindPlain(RecordBatch batch, FeatureType? type, int[] columns) => _takesStatus ? null : type switch
    {
        FeatureType.Float32 => PlainColumns<float>.TryCreate(batch, columns),
        FeatureType.Float64 => PlainColumns<double>.TryCreate(batch, columns),
        _ => null,
    };

    private InputColumns Bind(RecordBatch batch, long firstRow, FeatureInput input, int[] columns, ColumnReader[]? all) => input.Type switch
    {
        // Filled by the others, which are all made before the first row is read.
        null => new StatusColumns(all!),
        FeatureType.Float32 => new ReaderColumns<float>(Readers(batch, firstRow, columns, all, static (c, r) => r.Float32(c))),
        FeatureType.Float64 => new ReaderColumns<double>(Readers(batch, firstRow, columns, all, static (c, r) => r.Float64(c))),
        FeatureType.Int64 => new ReaderColumns<long>(Readers(batch, firstRow, columns, all, static (c, r) => r.Int64(c))),
        FeatureType.Boolean => new ReaderColumns<bool>(Readers(batch, firstRow, columns, all, static (c, r) => r.Boolean(c))),
        _ => new TextColumns(Readers(batch, firstRow, columns, all, static (c, r) => r.Text(c)), input.Ordinal),
    };

    private VectorColumns BindVectors(RecordBatch batch, long firstRow, FeatureInput input, int[] columns, ColumnReader[]? all)
    {
        var layout = _version.Inputs.Layout;
        var (vectors, numbers) = (columns.Where(c => layout.Columns[c].IsVector).ToArray(), columns.Where(c => !layout.Columns[c].IsVector).ToArray());
        return new VectorColumns(
            [.. Readers(batch, firstRow, vectors, all, static (c, r) => r.Vector(c)).Zip(vectors.Select(Position))],
            [.. Readers(batch, firstRow, numbers, all, static (c, r) => r.Float32(c)).Zip(numbers.Select(Position))],
            input.Width);

        int Position(int column) => layout.OffsetOf(column) - input.Ordinal;
    }

    private TReader[] Readers<TReader>(
        RecordBatch batch, long firstRow, int[] columns, ColumnReader[]? all, Func<SourceColumn, ColumnReaders, TReader> create)
        where TReader : ColumnReader
    {
        var readers = new TReader[columns.Length];
        for (var position = 0; position < columns.Length; position++)
        {
            var column = columns[position];
            var rule = _version.Nulls[column];
            var needsStatus = _takesStatus || rule.IsError;
            var status = needsStatus ? StatusColumn(batch, _statusColumns[column]) : null;
            var viewStatus = needsStatus ? StatusColumn(batch, _viewStatusColumns[column]) : null;
            readers[position] = create(new SourceColumn(batch.Column(_columns[column]), column, status, viewStatus, rule, firstRow), _readers[column]);
            if (all is not null)
            {
                all[column] = readers[position];
            }
        }

        return readers;
    }

    /// <summary>The features that fill an input, in its order.</summary>
    private int[] ColumnsOf(FeatureInput input)
    {
        var layout = _version.Inputs.Layout;
        var columns = new List<int>();
        for (var column = 0; column < layout.Columns.Count; column++)
        {
            // Within a type the offsets rise with the columns.
            var position = layout.OffsetOf(column) - input.Ordinal;
            if (layout.Columns[column].Type == input.Type && position >= 0 && position < input.Width)
            {
                columns.Add(column);
            }
        }

        return [.. columns];
    }

    private static UInt8Array? StatusColumn(RecordBatch batch, int index) => index < 0 ? null : batch.Column(index) as UInt8Array;

    private Schema CreateResultSchema()
    {
        var kept = Kept.Select(i => Schema.FieldsList[i]).ToList();
        var names = Result.Fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        return kept.FirstOrDefault(f => names.Contains(f.Name)) is { } taken
            ? throw new ArgumentException($"Expected a batch without a column '{taken.Name}', which scoring adds, but found one ({_where}). Say which columns to keep: {nameof(ScoringOptions)}.{nameof(ScoringOptions.Columns)}.")
            : Result.CreateSchema(kept, Schema.Metadata);
    }

    private int Find(ColumnNames names, FeatureColumn feature)
        => names.FindFeature(feature.Name) ?? throw new ArgumentException(
            $"Expected a column '{feature.Name}' of type {VectorLength.Describe(feature)} for the feature of that name, but found {FoundColumns(Schema)} ({_where}).");

    private static string FoundColumns(Schema schema)
        => schema.FieldsList.Count == 0 ? "no columns" : "columns " + string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}'"));
}
