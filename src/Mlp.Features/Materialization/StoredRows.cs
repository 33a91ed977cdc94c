using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Reads the rows of Arrow batches in stored form: keys, event time, created time, optionally the sequence, fields. Not thread-safe.</summary>
internal sealed class StoredRows
{
    private readonly FeatureViewDefinition _definition;
    private readonly IArrowArray[] _keys;
    private readonly IArrowArray _eventTimes;
    private readonly IArrowArray _createdTimes;
    private readonly Int64Array? _sequences;
    private readonly IArrowArray[] _fields;
    private readonly bool[] _mayBeNull;
    private readonly float[]?[] _float32;
    private readonly VectorColumn?[] _vectors;

    /// <summary>Takes a batch.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="batch">Columns in stored order; times are timestamps in microseconds or int64.</param>
    /// <param name="hasSequences">Whether the sequence stands behind the created time.</param>
    internal StoredRows(FeatureViewDefinition definition, RecordBatch batch, bool hasSequences)
    {
        _definition = definition;
        var keys = definition.Keys.Count;
        var fields = keys + (hasSequences ? 3 : 2);
        _keys = [.. Enumerable.Range(0, keys).Select(batch.Column)];
        _eventTimes = batch.Column(keys);
        _createdTimes = batch.Column(keys + 1);
        _sequences = hasSequences ? (Int64Array)batch.Column(keys + 2) : null;
        _fields = [.. Enumerable.Range(fields, definition.Fields.Count).Select(batch.Column)];
        _mayBeNull = [.. _fields.Select(array => array.NullCount != 0)];

        // The commonest type: to ask an Arrow array for its values costs more than the value.
        _float32 = [.. _fields.Select(array => (array as FloatArray)?.Values.ToArray())];
        _vectors = [.. _fields.Select((array, i) => definition.Fields[i].IsVector ? VectorColumn.TryCreate(array) : null)];
        Count = batch.Length;
    }

    /// <summary>Number of rows.</summary>
    internal int Count { get; }

    /// <summary>Version of a row; the sequence is 0 where the batch has none.</summary>
    /// <param name="row">Row index.</param>
    internal RowVersion GetVersion(int row) => new(TimeOf(_eventTimes, row), TimeOf(_createdTimes, row), _sequences?.Values[row] ?? 0);

    /// <summary>Reads the key of a row.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="destination">One part per key of the view.</param>
    internal void GetKey(int row, Span<EntityValue> destination)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            destination[i] = _keys[i].IsNull(row) ? EntityValue.Null : _definition.Keys[i].Kind switch
            {
                EntityValueKind.Int64 => ((Int64Array)_keys[i]).Values[row],
                EntityValueKind.Guid => Guid.Parse(((StringArray)_keys[i]).GetString(row)),
                _ => ((StringArray)_keys[i]).GetString(row),
            };
        }
    }

    /// <summary>Hands every field of a row to a writer, in order.</summary>
    /// <typeparam name="TWriter">The writer.</typeparam>
    /// <param name="row">Row index.</param>
    /// <param name="writer">Receives the fields.</param>
    internal void WriteFields<TWriter>(int row, ref TWriter writer)
        where TWriter : IFeatureFieldWriter
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_mayBeNull[i] && _fields[i].IsNull(row))
            {
                writer.WriteNull(i);
                continue;
            }

            if (_float32[i] is { } values)
            {
                writer.WriteFloat32(i, values[row]);
                continue;
            }

            switch (_fields[i])
            {
                case var array when _vectors[i] is { } vectors:
                    writer.WriteVector(i, vectors.Require(row, _definition.Fields[i].Length, (expected, found, _) => WrongVector(i, expected, found)));
                    break;
                case DoubleArray array:
                    writer.WriteFloat64(i, array.Values[row]);
                    break;
                case Int64Array array:
                    writer.WriteInt64(i, array.Values[row]);
                    break;
                case BooleanArray array:
                    writer.WriteBoolean(i, array.GetValue(row)!.Value);
                    break;
                case StringArray array:
                    writer.WriteString(i, array.GetString(row));
                    break;
                default:
                    throw new InvalidOperationException($"Expected column {i} of {_definition} in stored form, but found {_fields[i].Data.DataType.Name}.");
            }
        }
    }

    private CorruptFileException WrongVector(int field, string expected, string found)
        => new(_definition.Name, $"Expected {expected} in every row of column '{_definition.Fields[field].Name}' of {_definition} in stored form, but found {found}.");

    private static long TimeOf(IArrowArray times, int row) => times is TimestampArray timestamps ? timestamps.Values[row] : ((Int64Array)times).Values[row];
}
