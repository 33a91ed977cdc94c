using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// A protobuf message that can be changed: a list of fields of which each stays, byte for byte, what was read until it is set anew. Messages within it are opened when they are
/// asked for. The bytes that were read are shared, not copied; <see cref="ToArray"/> copies each once. Not thread-safe.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly List<ProtobufField> _fields = [];
    private readonly ReadOnlyMemory<byte> _original;
    private bool _isChanged;

    private ProtobufMessage(ReadOnlyMemory<byte> original) => _original = original;

    /// <summary>Whether something in it has been changed.</summary>
    public bool IsChanged => _isChanged || _fields.Exists(f => f.IsRewritten);

    /// <summary>Opens a message.</summary>
    /// <param name="message">Its bytes; nobody changes them as long as this is used.</param>
    /// <param name="start">Offset of the message in its file, for errors.</param>
    /// <exception cref="ProtobufFormatException">The bytes are no message.</exception>
    public static ProtobufMessage Parse(ReadOnlyMemory<byte> message, long start = 0)
    {
        var result = new ProtobufMessage(message);
        result.Append(message, start);
        return result;
    }

    /// <summary>A message that has just been written.</summary>
    /// <param name="writer">The writer.</param>
    public static ProtobufMessage From(ProtobufWriter writer) => Parse(writer.Written.ToArray());

    /// <summary>The messages in a field, in order.</summary>
    /// <param name="field">Number of the field.</param>
    public IEnumerable<ProtobufMessage> Messages(int field)
    {
        for (var i = 0; i < _fields.Count; i++)
        {
            if (_fields[i].Number == field)
            {
                yield return _fields[i].Open();
            }
        }
    }

    /// <summary>The message in a field that occurs once. Protobuf merges one that occurs several times, and so does this.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>The message, or null if there is none.</returns>
    public ProtobufMessage? Message(int field)
    {
        var first = _fields.FindIndex(f => f.Number == field);
        if (first < 0)
        {
            return null;
        }

        var message = _fields[first].Open();
        for (var i = _fields.Count - 1; i > first; i--)
        {
            if (_fields[i].Number == field)
            {
                message.Merge(_fields[i].Open());
                _fields.RemoveAt(i);
                _isChanged = true;
            }
        }

        return message;
    }

    /// <summary>The texts in a field, in order.</summary>
    /// <param name="field">Number of the field.</param>
    public List<string> Texts(int field) => [.. _fields.Where(f => f.Number == field).Select(f => Encoding.UTF8.GetString(f.Payload.Span))];

    /// <summary>The text in a field; of several the last one counts.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>The text; empty if there is none.</returns>
    public string Text(int field) => _fields.FindLast(f => f.Number == field) is { } found ? Encoding.UTF8.GetString(found.Payload.Span) : string.Empty;

    /// <summary>The integer in a field; of several the last one counts.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>The integer, or null if there is none.</returns>
    public long? Int64(int field) => _fields.FindLast(f => f.Number == field) is { } found ? found.ReadInt64() : null;

    /// <summary>The 32-bit float in a field; of several the last one counts.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>The number, or null if there is none.</returns>
    public float? Float(int field)
        => _fields.FindLast(f => f.Number == field) is { } found ? BinaryPrimitives.ReadSingleLittleEndian(found.Payload.Span) : null;

    /// <summary>The bytes in a field; of several the last one counts.</summary>
    /// <param name="field">Number of the field.</param>
    /// <returns>The bytes as they stand in the file; empty if there are none.</returns>
    public ReadOnlyMemory<byte> Bytes(int field) => _fields.FindLast(f => f.Number == field)?.Payload ?? default;

    /// <summary>The integers in a field, packed or one by one.</summary>
    /// <param name="field">Number of the field.</param>
    public List<long> Int64s(int field)
    {
        var values = new List<long>();
        foreach (var found in _fields.Where(f => f.Number == field))
        {
            found.ReadInt64s(values);
        }

        return values;
    }

    /// <summary>The 32-bit floats in a field, packed or one by one.</summary>
    /// <param name="field">Number of the field.</param>
    public float[] Floats(int field)
    {
        var found = _fields.Where(f => f.Number == field).ToList();
        var values = new float[found.Sum(f => f.Payload.Length) / sizeof(float)];
        var index = 0;
        foreach (var payload in found.Select(f => f.Payload))
        {
            for (var offset = 0; offset + sizeof(float) <= payload.Length; offset += sizeof(float))
            {
                values[index++] = BinaryPrimitives.ReadSingleLittleEndian(payload.Span[offset..]);
            }
        }

        return values;
    }

    /// <summary>Replaces all texts of a field, at the place of the first one.</summary>
    /// <param name="field">Number of the field.</param>
    /// <param name="values">The new texts, in order.</param>
    public void SetTexts(int field, IEnumerable<string> values)
    {
        var index = _fields.FindIndex(f => f.Number == field);
        _fields.RemoveAll(f => f.Number == field);
        _fields.InsertRange(index < 0 ? _fields.Count : index, values.Select(v => ProtobufField.Of(field, Encoding.UTF8.GetBytes(v))));
        _isChanged = true;
    }

    /// <summary>Adds a message.</summary>
    /// <param name="field">Number of the field.</param>
    /// <param name="message">The message.</param>
    /// <param name="before">The message of this one that it shall stand before; null for the end.</param>
    public void Insert(int field, ProtobufMessage message, ProtobufMessage? before = null)
    {
        var index = before is null ? _fields.Count : _fields.FindIndex(f => ReferenceEquals(f.Child, before));
        _fields.Insert(index < 0 ? _fields.Count : index, ProtobufField.Of(field, message));
        _isChanged = true;
    }

    /// <summary>Removes a message.</summary>
    /// <param name="message">A message of this one.</param>
    public void Remove(ProtobufMessage message) => _isChanged |= _fields.RemoveAll(f => ReferenceEquals(f.Child, message)) > 0;

    /// <summary>The bytes of the message.</summary>
    public byte[] ToArray()
    {
        var result = GC.AllocateUninitializedArray<byte>(checked((int)Measure()));
        Write(result);
        return result;
    }

    /// <summary>Size of the message in bytes.</summary>
    private long Measure()
    {
        if (!IsChanged)
        {
            return _original.Length;
        }

        long size = 0;
        foreach (var field in _fields)
        {
            if (!field.IsRewritten)
            {
                size += field.Raw.Length;
                continue;
            }

            var length = field.Child!.Measure();
            size += ProtobufField.HeaderLength(field.Number, length) + length;
        }

        return size;
    }

    private Span<byte> Write(Span<byte> destination)
    {
        if (!IsChanged)
        {
            _original.Span.CopyTo(destination);
            return destination[_original.Length..];
        }

        foreach (var field in _fields)
        {
            if (field.IsRewritten)
            {
                destination = field.Child!.Write(ProtobufField.WriteHeader(field.Number, field.Child.Measure(), destination));
                continue;
            }

            var raw = field.Raw.Span;
            raw.CopyTo(destination);
            destination = destination[raw.Length..];
        }

        return destination;
    }

    private void Append(ReadOnlyMemory<byte> message, long start)
    {
        var reader = new ProtobufReader(message.Span, start);
        for (var first = 0; reader.ReadField(); first = (int)(reader.Offset - start))
        {
            var payloadLength = 0;
            if (reader.WireType == ProtobufWireType.LengthDelimited)
            {
                payloadLength = reader.ReadBytes().Length;
            }
            else
            {
                var before = reader.Offset;
                reader.Skip();
                payloadLength = (int)(reader.Offset - before);
            }

            var end = (int)(reader.Offset - start);
            _fields.Add(new ProtobufField(reader.Field, reader.WireType, message[first..end], message.Slice(end - payloadLength, payloadLength), start + end - payloadLength));
        }
    }

    private void Merge(ProtobufMessage other)
    {
        _fields.AddRange(other._fields);
        _isChanged = true;
    }
}
