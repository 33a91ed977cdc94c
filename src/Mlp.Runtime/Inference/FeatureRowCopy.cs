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
        destination.Reset(rowCount);
        Slice(source.Float32, firstRow, rowCount, layout.CountOf(FeatureType.Float32)).CopyTo(destination.Float32);
        Slice(source.Float64, firstRow, rowCount, layout.CountOf(FeatureType.Float64)).CopyTo(destination.Float64);
        Slice(source.Int64, firstRow, rowCount, layout.CountOf(FeatureType.Int64)).CopyTo(destination.Int64);
        Slice(source.Boolean, firstRow, rowCount, layout.CountOf(FeatureType.Boolean)).CopyTo(destination.Boolean);
        Slice(source.Status, firstRow, rowCount, layout.Columns.Count).CopyTo(destination.Status);
        if (source.Layout.Views.Count == layout.Views.Count)
        {
            Slice(source.EventTimes, firstRow, rowCount, layout.Views.Count).CopyTo(destination.EventTimes);
        }

        var textCount = layout.CountOf(FeatureType.String);
        for (var row = 0; row < rowCount; row++)
        {
            for (var ordinal = 0; ordinal < textCount; ordinal++)
            {
                destination.SetString(row, ordinal, source.StringOf(firstRow + row, ordinal));
            }
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

        for (var ordinal = 0; ordinal < destination.Layout.CountOf(FeatureType.String); ordinal++)
        {
            destination.SetString(row, ordinal, source.StringOf(ordinal));
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
        var textCount = destination.Layout.CountOf(FeatureType.String);
        for (var ordinal = 0; ordinal < textCount; ordinal++)
        {
            destination.SetString(row, ordinal, source.StringOf(sourceRow, ordinal));
        }
    }

    private static Span<T> Slice<T>(Span<T> block, int firstRow, int rowCount, int width) => block.Slice(firstRow * width, rowCount * width);
}
