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

    /// <summary>The float32 features, one value each.</summary>
    public ReadOnlySpan<float> Float32 => _rows.Float32Of(_row);

    /// <summary>The float64 features, one value each.</summary>
    public ReadOnlySpan<double> Float64 => _rows.Float64Of(_row);

    /// <summary>The int64 features, one value each.</summary>
    public ReadOnlySpan<long> Int64 => _rows.Int64Of(_row);

    /// <summary>The boolean features, one value each.</summary>
    public ReadOnlySpan<bool> Boolean => _rows.BooleanOf(_row);

    /// <summary>One status per feature, in the service's order.</summary>
    public ReadOnlySpan<FeatureStatus> Status => _rows.StatusOf(_row);

    /// <summary>One event time per view in microseconds; <see cref="FeatureRows.NoEventTime"/> where no row is known.</summary>
    public ReadOnlySpan<long> EventTimes => _rows.EventTimesOf(_row);

    /// <summary>The UTF-8 bytes of a text feature; empty where it is not present.</summary>
    /// <param name="ordinal">Position among the text features (<see cref="FeatureRowLayout.OrdinalOf"/>).</param>
    /// <returns>UTF-8 bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such text feature.</exception>
    public ReadOnlySpan<byte> StringOf(int ordinal) => _rows.StringOf(_row, ordinal);
}
