using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>Copies rows from one block of memory to another of the same layout.</summary>
internal static class FeatureRowCopy
{
    /// <summary>Replaces the destination by some rows of the source: values, statuses and event times, bit for bit.</summary>
    /// <param name="source">Rows with the same features in the same order.</param>
    /// <param name="firstRow">First row to copy.</param>
    /// <param name="rowCount">Number of rows, at most the destination's capacity.</param>
    /// <param name="destination">Has those rows, and no others, afterwards.</param>
    public static void Copy(FeatureRows source, int firstRow, int rowCount, FeatureRows destination)
    {
        var layout = destination.Layout;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(firstRow + rowCount), (uint)source.RowCount, nameof(rowCount));
        destination.Restart(rowCount);
        Copy(source.Float32Buffer, destination.Float32Buffer, firstRow, rowCount, layout.WidthOf(FeatureType.Float32));
        Copy(source.StatusBuffer, destination.StatusBuffer, firstRow, rowCount, layout.ColumnCount);
        if (!layout.HoldsNumbersOfFloat32Only)
        {
            Copy(source.Float64Buffer, destination.Float64Buffer, firstRow, rowCount, layout.WidthOf(FeatureType.Float64));
            Copy(source.Int64Buffer, destination.Int64Buffer, firstRow, rowCount, layout.WidthOf(FeatureType.Int64));
            Copy(source.BooleanBuffer, destination.BooleanBuffer, firstRow, rowCount, layout.WidthOf(FeatureType.Boolean));
            CopyTexts(source, firstRow, rowCount, destination);
        }

        if (source.Layout.ViewCount == layout.ViewCount)
        {
            Copy(source.EventTimesBuffer, destination.EventTimesBuffer, firstRow, rowCount, layout.ViewCount);
        }
        else
        {
            destination.EventTimes.Fill(FeatureRows.NoEventTime);
        }
    }

    /// <summary>Replaces one row of the destination, whose texts have been cleared: values, statuses and event times, bit for bit.</summary>
    /// <param name="source">A row with the same features in the same order.</param>
    /// <param name="destination">The rows.</param>
    /// <param name="row">The row to replace.</param>
    public static void CopyRow(FeatureRow source, FeatureRows destination, int row)
    {
        source.Float32.CopyTo(destination.Float32Of(row));
        source.Float64.CopyTo(destination.Float64Of(row));
        source.Int64.CopyTo(destination.Int64Of(row));
        source.Boolean.CopyTo(destination.BooleanOf(row));
        source.Status.CopyTo(destination.StatusOf(row));
        var eventTimes = destination.EventTimesOf(row);
        if (source.EventTimes.Length == eventTimes.Length)
        {
            source.EventTimes.CopyTo(eventTimes);
        }
        else
        {
            eventTimes.Fill(FeatureRows.NoEventTime);
        }

        for (var ordinal = 0; ordinal < destination.Layout.WidthOf(FeatureType.String); ordinal++)
        {
            destination.CopyString(row, ordinal, source.StringOf(ordinal));
        }
    }

    /// <summary>Copies the values and statuses of one row over another one, whose texts have been cleared; event times are left alone.</summary>
    /// <param name="source">Rows with the same features in the same order.</param>
    /// <param name="sourceRow">Row to copy.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="row">Row to write.</param>
    public static void CopyRow(FeatureRows source, int sourceRow, FeatureRows destination, int row)
    {
        source.Float32Of(sourceRow).CopyTo(destination.Float32Of(row));
        source.Float64Of(sourceRow).CopyTo(destination.Float64Of(row));
        source.Int64Of(sourceRow).CopyTo(destination.Int64Of(row));
        source.BooleanOf(sourceRow).CopyTo(destination.BooleanOf(row));
        source.StatusOf(sourceRow).CopyTo(destination.StatusOf(row));
        var textCount = destination.Layout.WidthOf(FeatureType.String);
        for (var ordinal = 0; ordinal < textCount; ordinal++)
        {
            destination.CopyString(row, ordinal, source.StringOf(sourceRow, ordinal));
        }
    }

    private static void CopyTexts(FeatureRows source, int firstRow, int rowCount, FeatureRows destination)
    {
        var textCount = destination.Layout.WidthOf(FeatureType.String);
        for (var row = 0; row < rowCount; row++)
        {
            for (var ordinal = 0; ordinal < textCount; ordinal++)
            {
                destination.CopyString(row, ordinal, source.StringOf(firstRow + row, ordinal));
            }
        }
    }

    private static void Copy<T>(AlignedMemory<T> source, AlignedMemory<T> destination, int firstRow, int rowCount, int width)
        where T : unmanaged
        => source.Slice(firstRow * width, rowCount * width).CopyTo(destination.First(rowCount * width));
}
