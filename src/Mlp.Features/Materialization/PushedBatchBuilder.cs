using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Makes an Arrow batch with the columns of a view's data files from frames of the write-ahead log. Not thread-safe.</summary>
/// <param name="definition">The view.</param>
/// <param name="view">The same view as the online store knows it.</param>
internal sealed class PushedBatchBuilder(FeatureViewDefinition definition, OnlineView view)
{
    private readonly ColumnBuilder[] _keys = [.. definition.Keys.Select(key => new ColumnBuilder(key.Kind == EntityValueKind.Int64 ? FeatureType.Int64 : FeatureType.String))];
    private readonly ColumnBuilder[] _fields = [.. definition.Fields.Select(field => new ColumnBuilder(field.Type, field.Length))];
    private readonly List<long> _eventTimes = [];
    private readonly List<long> _createdTimes = [];
    private readonly ColumnBuilder _sequences = new(FeatureType.Int64);

    /// <summary>Makes the batch.</summary>
    /// <param name="frames">Frames of rows of the view.</param>
    internal RecordBatch Build(IReadOnlyList<PushedFrame> frames)
    {
        foreach (var frame in frames)
        {
            var position = WriteAheadFrame.HeaderLength;
            while (WriteAheadFrame.TryRead(frame.Payload, ref position, out var key, out _, out var row))
            {
                Add(key, frame.Payload.AsSpan(row));
            }
        }

        var stored = definition.StoredSchema.FieldsList;
        var keys = definition.Keys.Count;
        var schema = new Schema(
            [.. stored.Take(keys + 2), new Field(FeatureViewDefinition.StoredSequence, Int64Type.Default, nullable: false), .. stored.Skip(keys + 2)], metadata: null);
        return new RecordBatch(
            schema,
            [.. _keys.Select(column => column.Build()), Times(_eventTimes), Times(_createdTimes), _sequences.Build(), .. _fields.Select(column => column.Build())],
            _eventTimes.Count);
    }

    private static TimestampArray Times(List<long> times)
    {
        var values = new ArrowBuffer.Builder<long>(times.Count);
        values.Append(CollectionsMarshal.AsSpan(times));
        return new TimestampArray(new ArrayData(ArrowColumns.Time, times.Count, 0, 0, [ArrowBuffer.Empty, values.Build()]));
    }

    private void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var parts = EntityKeyEncoding.Decode(key[OnlineView.KeyPrefixLength..]);
        for (var i = 0; i < parts.Length; i++)
        {
            _keys[i].AppendKey(parts[i]);
        }

        var version = OnlineRowCodec.ReadVersion(row);
        _eventTimes.Add(version.EventTime);
        _createdTimes.Add(version.CreatedTime);
        _sequences.Append(version.Sequence);
        var writer = new ColumnWriter(_fields);
        OnlineRowCodec.WriteFields(row, view, ref writer);
    }
}
