using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Makes frames of records. Thread-safe.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="map">Reads the records.</param>
/// <param name="view">The view they belong to.</param>
internal sealed class RecordPush<T>(FeatureRecordMap<T> map, OnlineView view)
{
    private const string Source = "the pushed records";

    /// <summary>Makes frames, each up to a length.</summary>
    /// <param name="records">The records.</param>
    /// <param name="targets">Where the rows go.</param>
    /// <param name="now">Created time of views that leave it open, microseconds.</param>
    /// <param name="frameLength">About how long a frame gets.</param>
    /// <exception cref="IngestException">A time is null, was never set or is beyond <see cref="TimeRange"/>, a vector has another length than its field, a text is no valid Unicode, or the row is too long.</exception>
    /// <exception cref="ArgumentException">A record is null.</exception>
    internal List<byte[]> Encode(IReadOnlyList<T> records, PushTargets targets, long now, int frameLength)
    {
        var builder = new PushFrameBuilder(view, targets, frameLength);
        var key = new EntityValue[map.Definition.Keys.Count];
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            if (record is null)
            {
                throw new ArgumentException($"Expected a record at index {i} of {Source} for {map.Definition}, but found null.", nameof(records));
            }

            var eventTime = map.GetEventTime(record) ?? throw NoTime(map.Definition.EventTimeColumn, i);
            var created = map.GetCreatedTime(record) ?? (map.Definition.CreatedTimeColumn is { } column ? throw NoTime(column, i) : now);
            Check(map.Definition.EventTimeColumn, eventTime, i);
            Check(map.Definition.CreatedTimeColumn ?? map.Definition.EventTimeColumn, created, i);
            map.GetKey(record, key);
            if (map.FindWrong(record, key) is { } wrong)
            {
                throw WrongValue(wrong.Column, wrong.Expected, wrong.Found, i);
            }

            var writer = builder.Begin(key, new RowVersion(eventTime, created, 0));
            map.WriteFields(record, ref writer);
            builder.End();
        }

        return builder.Complete();
    }

    private void Check(string column, long time, int index)
    {
        if (!TimeRange.Contains(time))
        {
            throw WrongValue(column, TimeRange.Expected, TimeRange.Beyond, index);
        }

        if (TimeRange.IsUnset(time))
        {
            throw WrongValue(column, TimeRange.ExpectedSet, TimeRange.Unset, index);
        }
    }

    private IngestException NoTime(string column, int index) => WrongValue(column, "a time in every row", "null", index);

    private IngestException WrongValue(string column, string expected, string found, int index)
        => new(Source, $"Expected column '{column}' of {Source} to hold {expected} for {map.Definition}, but found {found} in row {index + 1}.", column, index + 1);
}
