using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>
/// Feature values of one or more requests in pinned memory that an inference session can be bound to: per element type one block of shape
/// (rows, elements of that type), row-major, then one <see cref="FeatureStatus"/> per value of shape (rows, features) and one event time per view of shape (rows, views). A vector has as many
/// neighbouring float32 elements as it is long, and one status.
/// <para>
/// A value that is not <see cref="FeatureStatus.Present"/> holds NaN (floats, and every element of a vector), 0 (integers, booleans) or the empty text, and its status says so: a reader of a 0 looks at
/// the status. A NaN within a vector that is present is a value.
/// </para>
/// Not thread-safe: one writer at a time, also for different rows, whose texts share one buffer. The memory stays where it is for the life of the object.
/// </summary>
public sealed class FeatureRows
{
    /// <summary>The event time of a view without a row.</summary>
    public const long NoEventTime = long.MinValue;

    private const string StatusSuffix = ".status";

    private readonly AlignedMemory<float> _float32;
    private readonly AlignedMemory<double> _float64;
    private readonly AlignedMemory<long> _int64;
    private readonly AlignedMemory<bool> _boolean;
    private readonly int[] _stringOffsets;
    private readonly int[] _stringLengths;
    private readonly AlignedMemory<FeatureStatus> _status;
    private readonly AlignedMemory<long> _eventTimes;
    private byte[] _utf8 = new byte[64];
    private int _utf8Length;
    private int _rowCount;

    /// <summary>Allocates the blocks.</summary>
    /// <param name="layout">Which features lie where.</param>
    /// <param name="capacity">Greatest number of rows, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1, or more than an array can hold.</exception>
    public FeatureRows(FeatureRowLayout layout, int capacity)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);

        // An array holds so many elements, alignment included.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, (System.Array.MaxLength - 64) / Math.Max(1, Math.Max(layout.WidthOf(FeatureType.Float32), Math.Max(layout.Columns.Count, layout.Views.Count))));
        Layout = layout;
        Capacity = capacity;
        _float32 = new AlignedMemory<float>(layout.WidthOf(FeatureType.Float32) * capacity);
        _float64 = new AlignedMemory<double>(layout.WidthOf(FeatureType.Float64) * capacity);
        _int64 = new AlignedMemory<long>(layout.WidthOf(FeatureType.Int64) * capacity);
        _boolean = new AlignedMemory<bool>(layout.WidthOf(FeatureType.Boolean) * capacity);
        _stringOffsets = new int[layout.WidthOf(FeatureType.String) * capacity];
        _stringLengths = new int[_stringOffsets.Length];
        _status = new AlignedMemory<FeatureStatus>(layout.Columns.Count * capacity);
        _eventTimes = new AlignedMemory<long>(layout.Views.Count * capacity);
        Reset(1);
    }

    /// <summary>Which features lie where.</summary>
    public FeatureRowLayout Layout { get; }

    /// <summary>Greatest number of rows.</summary>
    public int Capacity { get; }

    /// <summary>Number of rows in use, 0 to <see cref="Capacity"/>.</summary>
    public int RowCount => _rowCount;

    /// <summary>The block of float32 features, shape (rows, float32 elements).</summary>
    public Span<float> Float32 => _float32.First(_rowCount * Layout.WidthOf(FeatureType.Float32));

    /// <summary>The block of float64 features, shape (rows, float64 features).</summary>
    public Span<double> Float64 => _float64.First(_rowCount * Layout.WidthOf(FeatureType.Float64));

    /// <summary>The block of int64 features, shape (rows, int64 features).</summary>
    public Span<long> Int64 => _int64.First(_rowCount * Layout.WidthOf(FeatureType.Int64));

    /// <summary>The block of boolean features, shape (rows, boolean features).</summary>
    public Span<bool> Boolean => _boolean.First(_rowCount * Layout.WidthOf(FeatureType.Boolean));

    /// <summary>One status per value, shape (rows, features) in the service's order.</summary>
    public Span<FeatureStatus> Status => _status.First(_rowCount * Layout.ColumnCount);

    /// <summary>One event time per view in microseconds, shape (rows, views); <see cref="NoEventTime"/> where no row is known.</summary>
    public Span<long> EventTimes => _eventTimes.First(_rowCount * Layout.ViewCount);

    /// <summary>The whole float32 block, to bind a session to it once.</summary>
    internal AlignedMemory<float> Float32Buffer => _float32;

    /// <summary>The whole float64 block, to bind a session to it once.</summary>
    internal AlignedMemory<double> Float64Buffer => _float64;

    /// <summary>The whole int64 block, to bind a session to it once.</summary>
    internal AlignedMemory<long> Int64Buffer => _int64;

    /// <summary>The whole boolean block, to bind a session to it once.</summary>
    internal AlignedMemory<bool> BooleanBuffer => _boolean;

    /// <summary>The whole status block, to bind a session to it once.</summary>
    internal AlignedMemory<FeatureStatus> StatusBuffer => _status;

    /// <summary>The whole block of event times.</summary>
    internal AlignedMemory<long> EventTimesBuffer => _eventTimes;

    /// <summary>Starts over with a number of rows, every value Missing.</summary>
    /// <param name="rowCount">0 to <see cref="Capacity"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or above the capacity.</exception>
    public void Reset(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rowCount, Capacity);
        _rowCount = rowCount;
        _utf8Length = 0;
        Float32.Fill(float.NaN);
        Float64.Fill(double.NaN);
        Int64.Clear();
        Boolean.Clear();
        Status.Clear();
        EventTimes.Fill(NoEventTime);
        _stringOffsets.AsSpan(0, rowCount * Layout.WidthOf(FeatureType.String)).Clear();
        _stringLengths.AsSpan(0, rowCount * Layout.WidthOf(FeatureType.String)).Clear();
    }

    /// <summary>Starts over with a number of rows for a writer that sets every number and status itself: only the texts are cleared.</summary>
    /// <param name="rowCount">0 to <see cref="Capacity"/>.</param>
    internal void Restart(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rowCount, (uint)Capacity, nameof(rowCount));
        _rowCount = rowCount;
        _utf8Length = 0;
        if (_stringOffsets.Length > 0)
        {
            _stringOffsets.AsSpan(0, rowCount * Layout.WidthOf(FeatureType.String)).Clear();
            _stringLengths.AsSpan(0, rowCount * Layout.WidthOf(FeatureType.String)).Clear();
        }
    }

    /// <summary>Starts over with a number of rows of float32 features alone, all of whose values and statuses the caller sets.</summary>
    /// <param name="rowCount">0 to <see cref="Capacity"/>.</param>
    internal void ResetFloat32(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rowCount, (uint)Capacity, nameof(rowCount));
        _rowCount = rowCount;
        EventTimes.Fill(NoEventTime);
    }

    /// <summary>One row to read. It shows what is written to the row later.</summary>
    /// <param name="row">Row index, 0 to <see cref="RowCount"/> - 1.</param>
    /// <returns>A view of the row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public FeatureRow RowOf(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_rowCount, nameof(row));
        return new FeatureRow(this, row);
    }

    /// <summary>The statuses of one row, in the service's order.</summary>
    /// <param name="row">Row index.</param>
    /// <returns>One status per feature.</returns>
    public Span<FeatureStatus> StatusOf(int row) => Status.Slice(row * Layout.ColumnCount, Layout.ColumnCount);

    /// <summary>The event times of one row, one per view, microseconds.</summary>
    /// <param name="row">Row index.</param>
    /// <returns>One time per view.</returns>
    public Span<long> EventTimesOf(int row) => EventTimes.Slice(row * Layout.ViewCount, Layout.ViewCount);

    /// <summary>The float32 features of one row.</summary>
    /// <param name="row">Row index.</param>
    /// <returns>One value per float32 feature; of a vector all its elements.</returns>
    public Span<float> Float32Of(int row) => Float32.Slice(row * Layout.WidthOf(FeatureType.Float32), Layout.WidthOf(FeatureType.Float32));

    /// <summary>The float64 features of one row.</summary>
    /// <param name="row">Row index.</param>
    /// <returns>One value per float64 feature.</returns>
    public Span<double> Float64Of(int row) => Float64.Slice(row * Layout.WidthOf(FeatureType.Float64), Layout.WidthOf(FeatureType.Float64));

    /// <summary>The int64 features of one row.</summary>
    /// <param name="row">Row index.</param>
    /// <returns>One value per int64 feature.</returns>
    public Span<long> Int64Of(int row) => Int64.Slice(row * Layout.WidthOf(FeatureType.Int64), Layout.WidthOf(FeatureType.Int64));

    /// <summary>The boolean features of one row.</summary>
    /// <param name="row">Row index.</param>
    /// <returns>One value per boolean feature.</returns>
    public Span<bool> BooleanOf(int row) => Boolean.Slice(row * Layout.WidthOf(FeatureType.Boolean), Layout.WidthOf(FeatureType.Boolean));

    /// <summary>The UTF-8 bytes of a text feature; empty where it is not present. Valid until the next write.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="ordinal">Position among the text features (<see cref="FeatureRowLayout.OffsetOf"/>).</param>
    /// <returns>UTF-8 bytes.</returns>
    public ReadOnlySpan<byte> StringOf(int row, int ordinal)
    {
        var cell = StringCell(row, ordinal);
        return _utf8.AsSpan(_stringOffsets[cell], _stringLengths[cell]);
    }

    /// <summary>Sets a text feature. Does not touch its status, without which the value counts as Missing. Allocates only when the text outgrows what was ever held.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="ordinal">Position among the text features (<see cref="FeatureRowLayout.OffsetOf"/>).</param>
    /// <param name="utf8">UTF-8 bytes.</param>
    /// <exception cref="ArgumentException">The bytes are no UTF-8.</exception>
    public void SetString(int row, int ordinal, ReadOnlySpan<byte> utf8)
    {
        if (UnicodeText.FindInvalid(utf8) is >= 0 and var position)
        {
            throw NoText(row, ordinal, FormattableString.Invariant($"a byte that is no UTF-8 at position {position}"), nameof(utf8));
        }

        CopyString(row, ordinal, utf8);
    }

    /// <summary>Sets a text feature. Does not touch its status, without which the value counts as Missing. Allocates only when the text outgrows what was ever held.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="ordinal">Position among the text features (<see cref="FeatureRowLayout.OffsetOf"/>).</param>
    /// <param name="value">The text.</param>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair, which no model can see.</exception>
    public void SetString(int row, int ordinal, ReadOnlySpan<char> value)
    {
        if (UnicodeText.FindInvalid(value) is >= 0 and var position)
        {
            throw NoText(row, ordinal, FormattableString.Invariant($"a surrogate without its pair at position {position}"), nameof(value));
        }

        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, ReserveString(row, ordinal, length));
    }

    /// <summary>Copies the rows into Arrow columns, one per feature in the order of the layout.</summary>
    /// <param name="includeStatuses">Whether each feature is followed by a column <c>feature.status</c> of its statuses as uint8 (the numbers of <see cref="FeatureStatus"/>), which tells why a value is null.</param>
    /// <returns>A batch of <see cref="RowCount"/> rows, null where a value is not Present; vectors are fixed-size lists of float. It belongs to the caller.</returns>
    public RecordBatch ToRecordBatch(bool includeStatuses = false)
    {
        var (fields, columns) = (new List<Field>(), new List<IArrowArray>());
        for (var column = 0; column < Layout.ColumnCount; column++)
        {
            var feature = Layout.Columns[column];
            fields.Add(new Field(feature.Name, FeatureRowColumns.TypeOf(feature), nullable: true));
            columns.Add(FeatureRowColumns.Create(this, column));
            if (includeStatuses)
            {
                fields.Add(new Field(feature.Name + StatusSuffix, UInt8Type.Default, nullable: false));
                columns.Add(FeatureRowColumns.CreateStatuses(this, column));
            }
        }

        return new RecordBatch(new Schema(fields, metadata: null), columns, RowCount);
    }

    /// <summary>Sets a text feature to bytes that have been looked at before.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="ordinal">Position among the text features.</param>
    /// <param name="utf8">Valid UTF-8.</param>
    internal void CopyString(int row, int ordinal, ReadOnlySpan<byte> utf8) => utf8.CopyTo(ReserveString(row, ordinal, utf8.Length));

    private ArgumentException NoText(int row, int ordinal, string found, string parameter)
    {
        StringCell(row, ordinal);
        var feature = Enumerable.Range(0, Layout.ColumnCount).First(i => Layout.Columns[i].Type == FeatureType.String && Layout.OffsetOf(i) == ordinal);
        return new ArgumentException(
            FormattableString.Invariant($"Expected a text of valid Unicode for feature '{Layout.Columns[feature].Name}', but found {found} in row {row}, both counted from 0."), parameter);
    }

    private Span<byte> ReserveString(int row, int ordinal, int length)
    {
        if (_utf8.Length - _utf8Length < length)
        {
            System.Array.Resize(ref _utf8, Math.Max(_utf8.Length * 2, _utf8Length + length));
        }

        var cell = StringCell(row, ordinal);
        _stringOffsets[cell] = _utf8Length;
        _stringLengths[cell] = length;
        _utf8Length += length;
        return _utf8.AsSpan(_stringOffsets[cell], length);
    }

    private int StringCell(int row, int ordinal)
    {
        var width = Layout.WidthOf(FeatureType.String);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_rowCount, nameof(row));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)ordinal, (uint)width, nameof(ordinal));
        return (row * width) + ordinal;
    }
}
