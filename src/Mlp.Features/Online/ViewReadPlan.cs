using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>
/// How the rows of one view get into the columns of one service, resolved once: neighbouring fields of a type that stay neighbours are copied as one block.
/// Immutable and thread-safe.
/// </summary>
internal sealed class ViewReadPlan
{
    private readonly Column[] _columns;
    private readonly Column[] _texts;
    private readonly Run[] _float32;
    private readonly Run[] _float64;
    private readonly Run[] _int64;
    private readonly Run[] _boolean;
    private readonly Run[] _status;
    private readonly ulong[] _presence;
    private readonly int _viewIndex;

    /// <summary>Resolves the columns.</summary>
    /// <param name="view">The view.</param>
    /// <param name="layout">The service's layout.</param>
    /// <param name="viewIndex">Index of the view in <see cref="FeatureRowLayout.Views"/>.</param>
    /// <param name="columns">Per column of the service that comes from the view: index of the field in the view, index of the column in the service.</param>
    internal ViewReadPlan(OnlineView view, FeatureRowLayout layout, int viewIndex, IEnumerable<(int Field, int Column)> columns)
    {
        View = view;
        _viewIndex = viewIndex;
        _columns = [.. columns.Select(pair => new Column(pair.Field, pair.Column, layout.OffsetOf(pair.Column))).OrderBy(column => column.Index)];
        _texts = [.. _columns.Where(column => TypeOf(column) == FeatureType.String).OrderBy(column => view.Layout.OffsetOf(column.Field))];
        _float32 = RunsOf(FeatureType.Float32, sizeof(float));
        _float64 = RunsOf(FeatureType.Float64, sizeof(double));
        _int64 = RunsOf(FeatureType.Int64, sizeof(long));
        _boolean = RunsOf(FeatureType.Boolean, sizeof(bool));
        _status = Merge(_columns.Select(column => new Run(column.Index, column.Index, 1)), 1);
        _presence = new ulong[view.Layout.PresenceWords];
        foreach (var column in _columns)
        {
            _presence[column.Field >> 6] |= 1UL << (column.Field & 63);
        }
    }

    /// <summary>The view.</summary>
    internal OnlineView View { get; }

    /// <summary>
    /// Writes a row into a destination that has been reset: values, statuses and the event time. A row of another definition, one with flags that are not known and one from after <paramref name="asOf"/> leave it Missing.
    /// </summary>
    /// <param name="row">Row bytes.</param>
    /// <param name="rows">The destination.</param>
    /// <param name="index">Row index in the destination.</param>
    /// <param name="asOf">The time of the question, microseconds.</param>
    internal void Decode(ReadOnlySpan<byte> row, FeatureRows rows, int index, long asOf)
    {
        if (row.Length < View.Layout.FixedLength || !OnlineRowCodec.IsReadable(row, View.DefinitionId))
        {
            return;
        }

        var eventTime = OnlineRowCodec.ReadEventTime(row);
        if (!Visibility.IsVisible(eventTime, asOf))
        {
            return;
        }

        rows.EventTimesOf(index)[_viewIndex] = eventTime;
        if (Visibility.IsExpired(eventTime, asOf, View.TimeToLive))
        {
            FillStatus(rows.StatusOf(index), FeatureStatus.Expired);
            return;
        }

        CopyValues(row, rows, index);
        if (IsAllPresent(row))
        {
            FillStatus(rows.StatusOf(index), FeatureStatus.Present);
        }
        else
        {
            WriteStatus(row, rows.StatusOf(index));
        }
    }

    private static void Copy(Run[] runs, ReadOnlySpan<byte> row, Span<byte> destination, int width)
    {
        foreach (ref readonly var run in runs.AsSpan())
        {
            row.Slice(run.Source, run.Count * width).CopyTo(destination[(run.Destination * width)..]);
        }
    }

    private void CopyValues(ReadOnlySpan<byte> row, FeatureRows rows, int index)
    {
        if (_float32.Length > 0)
        {
            Copy(_float32, row, MemoryMarshal.AsBytes(rows.Float32Of(index)), sizeof(float));
        }

        if (_float64.Length > 0)
        {
            Copy(_float64, row, MemoryMarshal.AsBytes(rows.Float64Of(index)), sizeof(double));
        }

        if (_int64.Length > 0)
        {
            Copy(_int64, row, MemoryMarshal.AsBytes(rows.Int64Of(index)), sizeof(long));
        }

        if (_boolean.Length > 0)
        {
            Copy(_boolean, row, MemoryMarshal.AsBytes(rows.BooleanOf(index)), sizeof(bool));
        }

        if (_texts.Length > 0)
        {
            CopyTexts(row[View.Layout.FixedLength..], rows, index);
        }
    }

    private void CopyTexts(ReadOnlySpan<byte> rest, FeatureRows rows, int index)
    {
        var next = 0;
        for (var i = 0; next < _texts.Length && OnlineRowCodec.TryTakeString(ref rest, out var utf8); i++)
        {
            // A service may take one field under two names.
            for (; next < _texts.Length && View.Layout.OffsetOf(_texts[next].Field) == i; next++)
            {
                rows.SetString(index, _texts[next].Ordinal, utf8);
            }
        }
    }

    private bool IsAllPresent(ReadOnlySpan<byte> row)
    {
        for (var i = 0; i < _presence.Length; i++)
        {
            var present = BinaryPrimitives.ReadUInt64LittleEndian(row[(OnlineRowLayout.PresenceOffset + (i * sizeof(ulong)))..]);
            if ((present & _presence[i]) != _presence[i])
            {
                return false;
            }
        }

        return true;
    }

    private void FillStatus(Span<FeatureStatus> status, FeatureStatus value)
    {
        foreach (ref readonly var run in _status.AsSpan())
        {
            status.Slice(run.Destination, run.Count).Fill(value);
        }
    }

    private void WriteStatus(ReadOnlySpan<byte> row, Span<FeatureStatus> status)
    {
        foreach (ref readonly var column in _columns.AsSpan())
        {
            status[column.Index] = OnlineRowCodec.IsPresent(row, column.Field) ? FeatureStatus.Present : FeatureStatus.Null;
        }
    }

    private FeatureType TypeOf(Column column) => View.Layout.Fields[column.Field].Type;

    private Run[] RunsOf(FeatureType type, int width)
        => Merge(_columns.Where(column => TypeOf(column) == type).Select(column => new Run(View.Layout.OffsetOf(column.Field), column.Ordinal, View.Layout.Fields[column.Field].Length)), width);

    private static Run[] Merge(IEnumerable<Run> runs, int width)
    {
        var merged = new List<Run>();
        foreach (var run in runs)
        {
            if (merged.Count > 0 && merged[^1] is var last && last.Source + (last.Count * width) == run.Source && last.Destination + last.Count == run.Destination)
            {
                merged[^1] = last with { Count = last.Count + run.Count };
            }
            else
            {
                merged.Add(run);
            }
        }

        return [.. merged];
    }

    private readonly record struct Column(int Field, int Index, int Ordinal);

    private readonly record struct Run(int Source, int Destination, int Count);
}
