using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Builds the bytes of rows of one view, one after another in one buffer. Not thread-safe; allocates only to grow.</summary>
internal sealed class OnlineRowBuilder
{
    private readonly OnlineView _view;
    private readonly OnlineRowLayout _layout;
    private readonly FeatureType[] _types;
    private readonly byte[] _nulls;
    private readonly (int Offset, int Length)[] _strings;
    private byte[] _row;
    private byte[] _utf8 = new byte[64];
    private int _utf8Length;

    /// <summary>Prepares for the rows of a view.</summary>
    /// <param name="view">The view.</param>
    internal OnlineRowBuilder(OnlineView view)
    {
        _view = view;
        _layout = view.Layout;
        _types = [.. _layout.Fields.Select(field => field.Type)];
        _strings = new (int, int)[_layout.StringCount];
        _row = new byte[_layout.FixedLength + (_layout.StringCount * 16)];

        // With all flags 0.
        BinaryPrimitives.WriteUInt64LittleEndian(_row, view.DefinitionId);
        for (var i = 0; i < _types.Length; i++)
        {
            // NaN stands for null, so that the reader can copy a block without looking at each value.
            switch (_types[i])
            {
                case FeatureType.Float32:
                    ElementsOf(i).Fill(float.NaN);
                    break;
                case FeatureType.Float64:
                    BinaryPrimitives.WriteDoubleLittleEndian(_row.AsSpan(_layout.OffsetOf(i)), double.NaN);
                    break;
            }
        }

        _nulls = _row[.._layout.FixedLength];
    }

    /// <summary>Starts a row in which every field is null.</summary>
    /// <param name="version">Version of the row.</param>
    internal void Begin(in RowVersion version)
    {
        _nulls.CopyTo(_row, 0);
        var times = _row.AsSpan(OnlineRowLayout.VersionOffset);
        BinaryPrimitives.WriteInt64LittleEndian(times, version.EventTime);
        BinaryPrimitives.WriteInt64LittleEndian(times[8..], version.CreatedTime);
        BinaryPrimitives.WriteInt64LittleEndian(times[16..], version.Sequence);
        _utf8Length = 0;
        Array.Clear(_strings);
    }

    /// <summary>Sets a float32 field.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="value">The value; NaN is a value.</param>
    internal void SetFloat32(int field, float value) => BinaryPrimitives.WriteSingleLittleEndian(Cell(field, FeatureType.Float32), value);

    /// <summary>Sets a vector.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="value">As many elements as the field is long; NaN is a value.</param>
    /// <exception cref="ArgumentException">There is another number of elements.</exception>
    internal void SetVector(int field, ReadOnlySpan<float> value)
    {
        if (value.Length != _layout.Fields[field].Length)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"Expected {VectorColumn.Expected(_layout.Fields[field].Length)} for field '{_layout.Fields[field].Name}' of view '{_view.Name}', but found one of {value.Length}."), nameof(value));
        }

        MarkPresent(field, FeatureType.Float32);
        value.CopyTo(ElementsOf(field));
    }

    /// <summary>Sets a float64 field.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="value">The value; NaN is a value.</param>
    internal void SetFloat64(int field, double value) => BinaryPrimitives.WriteDoubleLittleEndian(Cell(field, FeatureType.Float64), value);

    /// <summary>Sets an int64 field.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="value">The value.</param>
    internal void SetInt64(int field, long value) => BinaryPrimitives.WriteInt64LittleEndian(Cell(field, FeatureType.Int64), value);

    /// <summary>Sets a boolean field.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="value">The value.</param>
    internal void SetBoolean(int field, bool value) => Cell(field, FeatureType.Boolean)[0] = value ? (byte)1 : (byte)0;

    /// <summary>Sets a text field.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="utf8">UTF-8 bytes.</param>
    internal void SetString(int field, ReadOnlySpan<byte> utf8) => utf8.CopyTo(ReserveString(field, utf8.Length));

    /// <summary>Sets a text field.</summary>
    /// <param name="field">Index of the field in the view.</param>
    /// <param name="value">The text.</param>
    internal void SetString(int field, string value) => Encoding.UTF8.GetBytes(value, ReserveString(field, Encoding.UTF8.GetByteCount(value)));

    /// <summary>Ends the row.</summary>
    /// <returns>Its bytes, valid until the next <see cref="Begin"/>.</returns>
    internal ReadOnlySpan<byte> End()
    {
        var length = _layout.FixedLength + (_strings.Length * sizeof(int)) + _utf8Length;
        if (_row.Length < length)
        {
            Array.Resize(ref _row, Math.Max(length, _row.Length * 2));
        }

        var position = _layout.FixedLength;
        foreach (var (offset, count) in _strings)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_row.AsSpan(position), count);
            _utf8.AsSpan(offset, count).CopyTo(_row.AsSpan(position + sizeof(int)));
            position += sizeof(int) + count;
        }

        return _row.AsSpan(0, position);
    }

    // Rows are little-endian, as are the processors that .NET runs on.
    private Span<float> ElementsOf(int field) => MemoryMarshal.Cast<byte, float>(_row.AsSpan(_layout.OffsetOf(field), _layout.Fields[field].Length * sizeof(float)));

    private Span<byte> Cell(int field, FeatureType type)
    {
        MarkPresent(field, type);
        return _row.AsSpan(_layout.OffsetOf(field));
    }

    private Span<byte> ReserveString(int field, int length)
    {
        MarkPresent(field, FeatureType.String);
        if (_utf8.Length - _utf8Length < length)
        {
            Array.Resize(ref _utf8, Math.Max(_utf8.Length * 2, _utf8Length + length));
        }

        _strings[_layout.OffsetOf(field)] = (_utf8Length, length);
        _utf8Length += length;
        return _utf8.AsSpan(_utf8Length - length, length);
    }

    private void MarkPresent(int field, FeatureType type)
    {
        if (_types[field] != type)
        {
            throw new ArgumentException($"Expected a value of type {_layout.Fields[field].Type} for field '{_layout.Fields[field].Name}' of view '{_view.Name}', but found {type}.", nameof(field));
        }

        _row[OnlineRowLayout.PresenceOffset + (field >> 3)] |= (byte)(1 << (field & 7));
    }
}
