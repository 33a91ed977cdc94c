namespace Mlp.Runtime.Data;

/// <summary>
/// One row of <see cref="FeatureRows"/> to read and not to write: a view of their memory, made by <see cref="FeatureRows.RowOf"/>, which is good until the rows are written to again. Costs two words and
/// never allocates.
/// </summary>
public readonly ref struct FeatureRow
{
    private readonly FeatureRows _rows;
    private readonly int _row;

    internal FeatureRow(FeatureRows rows, int row)
    {
        _rows = rows;
        _row = row;
    }

    /// <summary>Which features lie where.</summary>
    public FeatureRowLayout Layout => _rows.Layout;

    /// <summary>The float32 features, one value each; of a vector all its elements.</summary>
    public ReadOnlySpan<float> Float32 => Cut(_rows.Float32Buffer, Layout.WidthOf(FeatureType.Float32));

    /// <summary>The float64 features, one value each.</summary>
    public ReadOnlySpan<double> Float64 => Cut(_rows.Float64Buffer, Layout.WidthOf(FeatureType.Float64));

    /// <summary>The int64 features, one value each.</summary>
    public ReadOnlySpan<long> Int64 => Cut(_rows.Int64Buffer, Layout.WidthOf(FeatureType.Int64));

    /// <summary>The boolean features, one value each.</summary>
    public ReadOnlySpan<bool> Boolean => Cut(_rows.BooleanBuffer, Layout.WidthOf(FeatureType.Boolean));

    /// <summary>One status per feature, in the service's order.</summary>
    public ReadOnlySpan<FeatureStatus> Status => Cut(_rows.StatusBuffer, Layout.ColumnCount);

    /// <summary>One event time per view in microseconds; <see cref="FeatureRows.NoEventTime"/> where no row is known.</summary>
    public ReadOnlySpan<long> EventTimes => Cut(_rows.EventTimesBuffer, Layout.ViewCount);

    /// <summary>The UTF-8 bytes of a text feature; empty where it is not present.</summary>
    /// <param name="ordinal">Position among the text features (<see cref="FeatureRowLayout.OffsetOf"/>).</param>
    /// <returns>UTF-8 bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such text feature.</exception>
    public ReadOnlySpan<byte> StringOf(int ordinal) => _rows.StringOf(_row, ordinal);

    /// <summary>The row was checked when it was made, so its blocks are cut once.</summary>
    private Span<T> Cut<T>(AlignedMemory<T> block, int width)
        where T : unmanaged
        => block.Slice(_row * width, width);
}
