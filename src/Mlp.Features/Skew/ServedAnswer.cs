using System.Runtime.InteropServices;
using System.Text;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Features.Skew;

/// <summary>What a model saw of one view: a status and the bits of every value, and the event time of the row.</summary>
internal sealed class ServedAnswer
{
    private readonly FeatureStatus[] _statuses;
    private readonly FeatureBits[] _values;

    private ServedAnswer(long? eventTime, FeatureStatus[] statuses, FeatureBits[] values)
    {
        EventTime = eventTime;
        _statuses = statuses;
        _values = values;
    }

    internal long? EventTime { get; }

    /// <summary>Whether values were served, so that they can be looked for.</summary>
    internal bool HasValues => _statuses.All(status => status is FeatureStatus.Present or FeatureStatus.Null);

    internal IReadOnlyList<FeatureBits> Values => _values;

    internal IReadOnlyList<FeatureStatus> Statuses => _statuses;

    internal static ServedAnswer Read(FeatureRows rows, int row, FeatureServiceView view, FeatureRowLayout layout)
    {
        var time = rows.EventTimesOf(row)[view.ViewIndex];
        var statuses = new FeatureStatus[view.Columns.Count];
        var values = new FeatureBits[view.Columns.Count];
        for (var i = 0; i < statuses.Length; i++)
        {
            var column = view.Columns[i].ColumnIndex;
            statuses[i] = rows.StatusOf(row)[column];
            values[i] = statuses[i] == FeatureStatus.Present ? Bits(rows, row, layout.Columns[column], layout.OffsetOf(column)) : FeatureBits.Null;
        }

        return new ServedAnswer(time == FeatureRows.NoEventTime ? null : time, statuses, values);
    }

    internal static ServedAnswer From(in ViewAnswer answer)
    {
        var status = answer.Status;
        return new ServedAnswer(answer.EventTime, System.Array.ConvertAll(answer.Values, value => status == FeatureStatus.Present && value.IsNull ? FeatureStatus.Null : status), answer.Values);
    }

    internal bool Equals(in ViewAnswer answer)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            if (!HasSame(i, answer))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether status, bits and event time of a value are the same.</summary>
    internal bool HasSame(int i, in ViewAnswer answer)
        => _values[i].Equals(answer.Values[i]) && EventTime == answer.EventTime && _statuses[i] == (answer is { Status: FeatureStatus.Present } && answer.Values[i].IsNull ? FeatureStatus.Null : answer.Status);

    internal SkewValue Of(int i, FeatureColumn column)
        => new(_statuses[i], _values[i].IsNull ? null : ValueOf(_values[i], column), EventTime is { } time ? Microseconds.ToDateTimeOffset(time) : null);

    private static FeatureBits Bits(FeatureRows rows, int row, FeatureColumn column, int offset) => column.Type switch
    {
        FeatureType.Float32 when column.IsVector => FeatureBits.Of(rows.Float32Of(row).Slice(offset, column.Length)),
        FeatureType.Float32 => new FeatureBits(false, BitConverter.SingleToInt32Bits(rows.Float32Of(row)[offset]), null),
        FeatureType.Float64 => new FeatureBits(false, BitConverter.DoubleToInt64Bits(rows.Float64Of(row)[offset]), null),
        FeatureType.Int64 => new FeatureBits(false, rows.Int64Of(row)[offset], null),
        FeatureType.Boolean => new FeatureBits(false, rows.BooleanOf(row)[offset] ? 1 : 0, null),
        _ => new FeatureBits(false, 0, Encoding.UTF8.GetString(rows.StringOf(row, offset))),
    };

    private static object ValueOf(FeatureBits bits, FeatureColumn column) => column.Type switch
    {
        FeatureType.Float32 when column.IsVector => MemoryMarshal.Cast<byte, float>(Convert.FromHexString(bits.Text!)).ToArray(),
        FeatureType.Float32 => BitConverter.Int32BitsToSingle((int)bits.Number),
        FeatureType.Float64 => BitConverter.Int64BitsToDouble(bits.Number),
        FeatureType.Int64 => bits.Number,
        FeatureType.Boolean => bits.Number != 0,
        _ => bits.Text!,
    };
}
