using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Collects records into batches of <see cref="FeatureViewDefinition.StoredSchema"/>. Not thread-safe.</summary>
/// <param name="map">Reads the records.</param>
/// <param name="source">Names the records in messages.</param>
internal sealed class StoredBatchBuilder<T>(FeatureRecordMap<T> map, string source)
{
    private readonly EntityValue[] _key = new EntityValue[map.Definition.Keys.Count];
    private readonly ColumnBuilder[] _keys = [.. map.Definition.Keys.Select(k => new ColumnBuilder(k.Kind == EntityValueKind.Int64 ? FeatureType.Int64 : FeatureType.String))];
    private readonly ColumnBuilder[] _fields = [.. map.Definition.Fields.Select(f => new ColumnBuilder(f.Type, f.Length))];
    private readonly List<long> _eventTimes = [];
    private readonly List<long> _createdTimes = [];
    private long _rowsBefore;

    internal int Count => _eventTimes.Count;

    /// <summary>Adds a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="createdTime">When it became known, for views that leave that open; microseconds.</param>
    /// <exception cref="IngestException">A time is null, was never set or is beyond <see cref="TimeRange"/>, a vector has another length than its field, a text is no valid Unicode, or the row is too long.</exception>
    /// <exception cref="ArgumentException">The record is null.</exception>
    internal void Add(in T record, long? createdTime = null)
    {
        var view = map.Definition;
        if (record is null)
        {
            throw new ArgumentException($"Expected a record at index {_rowsBefore + Count} of {source} for {view}, but found null.", nameof(record));
        }

        var eventTime = map.GetEventTime(record) ?? throw NoTime(view.EventTimeColumn);
        var created = map.GetCreatedTime(record)
            ?? (view.CreatedTimeColumn is { } column ? throw NoTime(column) : createdTime)
            ?? throw new InvalidOperationException($"Expected a created time for the rows of {view}, but found none.");
        Check(view.EventTimeColumn, eventTime);
        Check(view.CreatedTimeColumn ?? view.EventTimeColumn, created);
        map.GetKey(record, _key);
        if (map.FindWrong(record, _key) is { } wrong)
        {
            throw WrongValue(wrong.Column, wrong.Expected, wrong.Found);
        }

        for (var i = 0; i < _key.Length; i++)
        {
            _keys[i].AppendKey(_key[i]);
        }

        _eventTimes.Add(eventTime);
        _createdTimes.Add(created);
        var writer = new ColumnWriter(_fields);
        map.WriteFields(record, ref writer);
    }

    /// <summary>The records since the last call as a batch.</summary>
    internal RecordBatch Build()
    {
        var count = Count;
        var batch = new RecordBatch(
            map.Definition.StoredSchema,
            [.. _keys.Select(k => k.Build()), Times(_eventTimes), Times(_createdTimes), .. _fields.Select(f => f.Build())],
            count);
        _eventTimes.Clear();
        _createdTimes.Clear();
        _rowsBefore += count;
        return batch;
    }

    private static TimestampArray Times(List<long> times)
    {
        var values = new ArrowBuffer.Builder<long>(times.Count);
        values.Append(CollectionsMarshal.AsSpan(times));
        return new TimestampArray(new ArrayData(ArrowColumns.Time, times.Count, 0, 0, [ArrowBuffer.Empty, values.Build()]));
    }

    private void Check(string column, long time)
    {
        if (!TimeRange.Contains(time))
        {
            throw WrongValue(column, TimeRange.Expected, TimeRange.Beyond);
        }

        if (TimeRange.IsUnset(time))
        {
            throw WrongValue(column, TimeRange.ExpectedSet, TimeRange.Unset);
        }
    }

    private IngestException NoTime(string column) => WrongValue(column, "a time in every row", "null");

    private IngestException WrongValue(string column, string expected, string found)
    {
        var row = _rowsBefore + Count + 1;
        return new IngestException(source, $"Expected column '{column}' of {source} to hold {expected} for {map.Definition}, but found {found} in row {row}.", column, row);
    }
}
