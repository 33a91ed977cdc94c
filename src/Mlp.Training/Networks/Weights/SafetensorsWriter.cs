using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Mlp.Training.Networks.Weights;

/// <summary>
/// Writes a safetensors file: readers see the whole file or none, and what was reported as written survives a power loss. Tensors with wide elements come first and the
/// data begins at a multiple of eight, so that every tensor is aligned. Not thread-safe.
/// </summary>
public sealed class SafetensorsWriter
{
    private const int Alignment = 8;

    private readonly List<Entry> _entries = [];
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds floating-point numbers.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="values">Its numbers, row-major; they are read when the file is written.</param>
    /// <param name="shape">Its shape; empty for a scalar.</param>
    /// <param name="type">How they are stored; narrower types round to the nearest, ties to even.</param>
    /// <exception cref="ArgumentException">The numbers are not those of the shape, the name is taken or reserved, or the type is none of F32, F16 and BF16.</exception>
    public void Add(string name, ReadOnlyMemory<float> values, IReadOnlyList<long> shape, SafetensorsType type = SafetensorsType.F32)
    {
        if (type is not (SafetensorsType.F32 or SafetensorsType.F16 or SafetensorsType.BF16))
        {
            throw new ArgumentException($"Expected floating-point numbers to be stored as F32, F16 or BF16, but found {type} (tensor '{name}').", nameof(type));
        }

        Add(name, shape, values.Length, type, destination => Narrow(values.Span, type, destination));
    }

    /// <summary>Adds integers.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="values">Its numbers, row-major; they are read when the file is written.</param>
    /// <param name="shape">Its shape; empty for a scalar.</param>
    /// <exception cref="ArgumentException">The numbers are not those of the shape, or the name is taken or reserved.</exception>
    public void Add(string name, ReadOnlyMemory<long> values, IReadOnlyList<long> shape)
        => Add(name, shape, values.Length, SafetensorsType.I64, destination => MemoryMarshal.AsBytes(values.Span).CopyTo(destination));

    /// <summary>Adds a text to the file's metadata, in place of one of the same name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public void AddMetadata(string name, string value) => _metadata[name] = value;

    /// <summary>Writes the file.</summary>
    /// <param name="path">Its path; the folder exists.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced. Default false.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Write(string path, bool overwrite = false) => SavedFile.Default.Save(path, "weights", overwrite, WriteTo);

    private void Add(string name, IReadOnlyList<long> shape, int count, SafetensorsType type, Action<Span<byte>> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name == SafetensorsHeader.Metadata || _entries.Exists(e => e.Name == name))
        {
            throw new ArgumentException($"Expected a name that is free, but '{name}' is taken.", nameof(name));
        }

        var product = shape.Aggregate(1L, (p, s) => checked(p * s));
        if (product != count)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {product} numbers for tensor '{name}', but found {count}."), nameof(shape));
        }

        _entries.Add(new(name, [.. shape], type, checked(count * SafetensorsHeader.SizeOf(type)), write));
    }

    private void WriteTo(Stream stream)
    {
        Entry[] ordered = [.. _entries.OrderByDescending(e => SafetensorsHeader.SizeOf(e.Type)).ThenBy(e => e.Name, StringComparer.Ordinal)];
        var header = Header(ordered);
        Span<byte> length = stackalloc byte[SafetensorsHeader.PrefixLength];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var entry in ordered)
        {
            var bytes = new byte[entry.ByteCount];
            entry.Write(bytes);
            stream.Write(bytes);
        }
    }

    // JSON padded with spaces, as the format allows.
    private byte[] Header(Entry[] entries)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.Metadata);
                foreach (var (name, value) in _metadata)
                {
                    json.WriteString(name, value);
                }

                json.WriteEndObject();
            }

            var offset = 0L;
            foreach (var entry in entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Type.ToString());
                WriteNumbers(json, "shape", entry.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset + entry.ByteCount]);
                json.WriteEndObject();
                offset += entry.ByteCount;
            }

            json.WriteEndObject();
        }

        while (stream.Length % Alignment != 0)
        {
            stream.WriteByte((byte)' ');
        }

        return stream.Length <= SafetensorsHeader.MaximumLength
            ? stream.ToArray()
            : throw new InvalidOperationException($"Expected a header of at most {SafetensorsHeader.MaximumLength} bytes, but the names and metadata have {stream.Length}.");
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void Narrow(ReadOnlySpan<float> values, SafetensorsType type, Span<byte> destination)
    {
        if (type == SafetensorsType.F32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(destination);
            return;
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(destination);
        for (var i = 0; i < values.Length; i++)
        {
            halves[i] = type == SafetensorsType.F16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : BrainFloat(values[i]);
        }
    }

    private static ushort BrainFloat(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private sealed record Entry(string Name, long[] Shape, SafetensorsType Type, int ByteCount, Action<Span<byte>> Write);
}
