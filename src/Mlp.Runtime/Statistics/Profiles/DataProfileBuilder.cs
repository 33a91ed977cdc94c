using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>Builds a <see cref="DataProfile"/> in one pass over batches of Arrow, or from other profiles. Not safe for use by several threads at once; it reads the columns of a batch on several.</summary>
/// <remarks>
/// The first batch or profile says which columns there are; all others must have the same ones, of the same types, in any order. Slices, nulls and dictionaries are read as they are.
/// A column is read by one thread from the first row to the last: the profile has the same bits for any number of threads.
/// </remarks>
public sealed class DataProfileBuilder
{
    private readonly DataProfileOptions _options;
    private ColumnSketch[]? _columns;
    private ColumnSketch? _score;
    private RowTally _rows;
    private double _squaredWeight;
    private long? _from;
    private long? _to;

    /// <summary>Creates a builder.</summary>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    public DataProfileBuilder(DataProfileOptions? options = null) => _options = (options ?? new()).Validate();

    /// <summary>Rows added so far.</summary>
    public long RowCount => _rows.Count;

    /// <summary>Adds rows.</summary>
    /// <param name="batch">The rows; not kept.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The batch has other columns than those before it, the column of times or of weights is absent or of another type, or a weight is not finite or not above 0, or not 1 with KLL sketches; nothing was added.</exception>
    public DataProfileBuilder Add(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var weights = ReadWeights(batch);
        var times = ReadTimes(batch);
        var columns = new (string Name, IArrowArray Array)[batch.ColumnCount - (_options.WeightColumn is null ? 0 : 1)];
        var count = 0;
        for (var i = 0; i < batch.ColumnCount; i++)
        {
            var name = batch.Schema.GetFieldByIndex(i).Name;
            if (name != _options.WeightColumn)
            {
                columns[count++] = (name, batch.Column(i));
            }
        }

        Add(columns, score: null, batch.Length, weights, times);
        return this;
    }

    /// <summary>Adds the rows of a profile.</summary>
    /// <param name="profile">Of other rows of the same table.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">It has other columns, or was made with other settings; nothing was added.</exception>
    public DataProfileBuilder Add(DataProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (_columns is null)
        {
            _columns = [.. profile.Columns.Select(column => column.Sketch.Clone())];
            _score = profile.Score?.Sketch.Clone();
        }
        else
        {
            // Into copies: a column that cannot be merged leaves the others as they were.
            var columns = System.Array.ConvertAll(_columns, column => column.Clone());
            var order = Match(profile.Columns.Length, i => (profile.Columns[i].Name, profile.Columns[i].Type));
            for (var i = 0; i < columns.Length; i++)
            {
                columns[i].Merge(profile.Columns[order[i]].Sketch);
            }

            if ((_score is null) != (profile.Score is null))
            {
                throw new ArgumentException("Expected both profiles to have a score, or neither, but found one in one of them.", nameof(profile));
            }

            var score = _score?.Clone();
            score?.Merge(profile.Score!.Sketch);
            (_columns, _score) = (columns, score);
        }

        _rows += profile.Rows;
        _squaredWeight += profile.SquaredWeight;
        Widen(profile.FromMicroseconds, profile.ToMicroseconds);
        return this;
    }

    /// <summary>The profile of the rows added so far; the builder may go on.</summary>
    public DataProfile Build() => new(
        _rows,
        _squaredWeight,
        _from,
        _to,
        [.. (_columns ?? []).Select(column => new ColumnProfile(column.Clone()))],
        _score is null ? null : new ColumnProfile(_score.Clone()));

    /// <summary>Adds rows.</summary>
    /// <param name="columns">Shape (columns).</param>
    /// <param name="score">The model's score, or null; always or never.</param>
    /// <param name="rowCount">Rows.</param>
    /// <param name="weights">Shape (rows), 0 for a row that does not count; empty where all are 1.</param>
    /// <param name="times">Microseconds, shape (rows); empty where they are not known.</param>
    internal void Add(ReadOnlySpan<(string Name, IArrowArray Array)> columns, IArrowArray? score, int rowCount, ReadOnlyMemory<double> weights, ReadOnlySpan<long> times)
    {
        if (_options.QuantileSketch == QuantileSketchKind.Kll && weights.Span.ContainsAnyExcept(0.0, 1.0))
        {
            throw new ArgumentException($"Expected rows of weight 1 for quantile sketches of ranks (KLL), but found others: use {nameof(QuantileSketchKind)}.{nameof(QuantileSketchKind.DDSketch)}.", nameof(weights));
        }

        var arrays = Arrange(columns, score);
        CountRows(rowCount, weights.Span, times);
        if (_score is not null)
        {
            ColumnReader.Add(score!, weights.Span, _score);
        }

        var sketches = _columns!;
        if (_options.MaximumParallelism == 1 || (long)rowCount * arrays.Length < 16 * ColumnSketch.BlockLength)
        {
            for (var i = 0; i < arrays.Length; i++)
            {
                ColumnReader.Add(arrays[i], weights.Span, sketches[i]);
            }

            return;
        }

        Parallel.For(0, arrays.Length, new ParallelOptions { MaxDegreeOfParallelism = _options.MaximumParallelism }, i => ColumnReader.Add(arrays[i], weights.Span, sketches[i]));
    }

    private IArrowArray[] Arrange(ReadOnlySpan<(string Name, IArrowArray Array)> columns, IArrowArray? score)
    {
        var found = columns.ToArray();
        if (_columns is null)
        {
            if (found.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
            {
                throw new ArgumentException($"Expected the names of columns to be distinct, but found '{twice.Key}' twice.", nameof(columns));
            }

            _columns = System.Array.ConvertAll(found, column => new ColumnSketch(column.Name, ColumnReader.TypeOf(column.Array.Data.DataType), IsCode(column.Name, column.Array), _options));
            _score = score is null ? null : new ColumnSketch("score", ColumnReader.TypeOf(score.Data.DataType), isCategorical: false, _options);
            return System.Array.ConvertAll(found, column => column.Array);
        }

        return System.Array.ConvertAll(Match(found.Length, i => (found[i].Name, ColumnReader.TypeOf(found[i].Array.Data.DataType))), i => found[i].Array);
    }

    private bool IsCode(string name, IArrowArray array) => _options.CategoricalColumns.Contains(name) && ColumnReader.TypeOf(array.Data.DataType) == ProfileColumnType.Int64;

    /// <summary>For each column, its place among others. Gives an error where they are not the same ones.</summary>
    private int[] Match(int count, Func<int, (string Name, ProfileColumnType Type)> other)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            places.TryAdd(other(i).Name, i);
        }

        if (count != _columns!.Length || places.Count != count)
        {
            var unknown = places.Keys.Except(_columns.Select(column => column.Name), StringComparer.Ordinal).FirstOrDefault();
            throw new ArgumentException($"Expected the {_columns.Length} columns of the rows before, but found {count}{(unknown is null ? "" : $", among them '{unknown}'")}.");
        }

        return System.Array.ConvertAll(_columns, column =>
        {
            if (!places.TryGetValue(column.Name, out var place))
            {
                throw new ArgumentException($"Expected column '{column.Name}', as in the rows before, but found none.");
            }

            return other(place).Type == column.Type
                ? place
                : throw new ArgumentException($"Expected column '{column.Name}' to be of type {column.Type}, as in the rows before, but found {other(place).Type}.");
        });
    }

    private double[] ReadWeights(RecordBatch batch)
    {
        if (_options.WeightColumn is not { } name)
        {
            return [];
        }

        if (Find(batch, name) is not DoubleArray { NullCount: 0 } weights)
        {
            throw new ArgumentException($"Expected a column '{name}' of float64 without nulls for the weights of rows, but found none.", nameof(batch));
        }

        SamplingWeights.Require(weights.Values, batch.Length);
        return weights.Values.ContainsAnyExcept(1.0) ? weights.Values.ToArray() : [];
    }

    private ReadOnlySpan<long> ReadTimes(RecordBatch batch)
    {
        if (_options.TimeColumn is not { } name)
        {
            return [];
        }

        return Find(batch, name) is TimestampArray { NullCount: 0, Data.DataType: TimestampType { Unit: TimeUnit.Microsecond } } times
            ? times.Values
            : throw new ArgumentException($"Expected a column '{name}' of times in microseconds without nulls, but found none.", nameof(batch));
    }

    private static IArrowArray? Find(RecordBatch batch, string name) => batch.Schema.GetFieldIndex(name, StringComparer.Ordinal) is >= 0 and var i ? batch.Column(i) : null;

    private void CountRows(int rowCount, ReadOnlySpan<double> weights, ReadOnlySpan<long> times)
    {
        if (weights.IsEmpty)
        {
            _rows += new RowTally(rowCount, rowCount);
            _squaredWeight += rowCount;
        }

        foreach (var weight in weights)
        {
            _rows += weight == 0 ? default : new RowTally(1, weight);
            _squaredWeight += weight * weight;
        }

        for (var i = 0; i < times.Length; i++)
        {
            if (weights.IsEmpty || weights[i] != 0)
            {
                Widen(times[i], times[i]);
            }
        }
    }

    private void Widen(long? from, long? to)
    {
        _from = _from is { } first && from is { } earlier ? Math.Min(first, earlier) : _from ?? from;
        _to = _to is { } last && to is { } later ? Math.Max(last, later) : _to ?? to;
    }
}
