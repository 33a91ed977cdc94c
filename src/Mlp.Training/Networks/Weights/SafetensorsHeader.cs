using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Mlp.Training.Networks.Weights;

/// <summary>
/// Reads the header of a safetensors file: eight bytes with its length, little-endian, then JSON with type, shape and place of each tensor. Every number is checked against the file
/// before anything is read by it (huggingface/safetensors, "Format").
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The format's own limit for the JSON.</summary>
    public const long MaximumLength = 100_000_000;

    public const int PrefixLength = sizeof(ulong);

    public const string Metadata = "__metadata__";

    /// <summary>Reads and checks a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="stream">The file from its beginning.</param>
    /// <returns>Tensors in the order of their bytes, and the texts of the metadata.</returns>
    /// <exception cref="WeightFileException">The file is damaged, cut off or no such file.</exception>
    public static (IReadOnlyList<SafetensorsTensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(string path, Stream stream)
    {
        var fileLength = stream.Length;
        Span<byte> prefix = stackalloc byte[PrefixLength];
        if (stream.ReadAtLeast(prefix, PrefixLength, throwOnEndOfStream: false) < PrefixLength)
        {
            throw Refuse(path, string.Create(CultureInfo.InvariantCulture, $"at least {PrefixLength} bytes with the length of the header, but found {fileLength}"));
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaximumLength)
        {
            throw Refuse(path, string.Create(CultureInfo.InvariantCulture, $"a header of at most {MaximumLength} bytes, but its length says {length}"));
        }

        if ((long)length > fileLength - PrefixLength)
        {
            throw Refuse(path, string.Create(CultureInfo.InvariantCulture, $"a header of {length} bytes, but {fileLength - PrefixLength} follow its length: the file was cut off"));
        }

        var header = new byte[length];
        stream.ReadExactly(header);
        try
        {
            // Names whose escapes are no text are found out when they are read, by InvalidOperationException.
            using var json = JsonDocument.Parse(header);
            return Read(path, json.RootElement, PrefixLength + (long)length, fileLength);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WeightFileException($"Expected a JSON header in the safetensors file '{path}', but it cannot be read: {e.Message}", path, innerException: e);
        }
    }

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(SafetensorsType type) => type switch { SafetensorsType.F64 or SafetensorsType.I64 => 8, SafetensorsType.F32 => 4, _ => 2 };

    private static (IReadOnlyList<SafetensorsTensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(string path, JsonElement root, long dataStart, long fileLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Refuse(path, $"a header that is a JSON object, but found {root.ValueKind}");
        }

        var tensors = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name == Metadata)
            {
                ReadMetadata(path, property.Value, metadata);
            }
            else if (!tensors.TryAdd(property.Name, ReadTensor(path, property.Name, property.Value, dataStart)))
            {
                throw Refuse(path, "tensors of different names, but found one twice", property.Name);
            }
        }

        SafetensorsTensor[] ordered = [.. tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.ByteCount)];
        RequireWhole(path, ordered, dataStart, fileLength);
        return (ordered, metadata);
    }

    private static void ReadMetadata(string path, JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
        {
            throw Refuse(path, $"texts by name under '{Metadata}', but found others");
        }

        foreach (var entry in value.EnumerateObject())
        {
            metadata[entry.Name] = entry.Value.GetString()!;
        }
    }

    private static SafetensorsTensor ReadTensor(string path, string name, JsonElement value, long dataStart)
    {
        var text = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("dtype", out var dtype) && dtype.ValueKind == JsonValueKind.String ? dtype.GetString() : null;
        if (!Enum.TryParse<SafetensorsType>(text, out var type) || !Enum.IsDefined(type) || char.IsDigit(text![0]))
        {
            throw Refuse(path, $"a 'dtype' of {string.Join(", ", Enum.GetNames<SafetensorsType>())}, but found {(text is null ? "none" : $"'{text}'")}", name);
        }

        var shape = Numbers(path, name, value, "shape");
        var place = Numbers(path, name, value, "data_offsets");
        if (place is not [var begin, var end] || end < begin || end > long.MaxValue - dataStart)
        {
            throw Refuse(path, "'data_offsets' of a beginning and an end, but found others", name);
        }

        long bytes = SizeOf(type);
        foreach (var size in shape)
        {
            bytes = (Int128)bytes * size is var product && product <= long.MaxValue ? (long)product : throw Refuse(path, "a tensor below 2^63 bytes, but its shape says more", name);
        }

        return bytes == end - begin
            ? new(name, type, shape, dataStart + begin, bytes)
            : throw Refuse(path, string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes for a shape of ({string.Join(", ", shape)}) in {type}, but its offsets hold {end - begin}"), name);
    }

    private static long[] Numbers(string path, string name, JsonElement value, string property)
    {
        var numbers = new List<long>();
        var isList = value.TryGetProperty(property, out var list) && list.ValueKind == JsonValueKind.Array;
        foreach (var element in isList ? list.EnumerateArray() : default)
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number) || number < 0)
            {
                throw Refuse(path, $"'{property}' of integers from 0, but found others", name);
            }

            numbers.Add(number);
        }

        return isList ? [.. numbers] : throw Refuse(path, $"a list '{property}', but found none", name);
    }

    // The format allows neither holes nor overlaps nor bytes behind the last tensor.
    private static void RequireWhole(string path, SafetensorsTensor[] tensors, long dataStart, long fileLength)
    {
        var position = dataStart;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset != position)
            {
                throw Refuse(path, "tensors one behind the other, but its bytes leave a hole or overlap others", tensor.Name);
            }

            position += tensor.ByteCount;
        }

        if (position != fileLength)
        {
            throw Refuse(
                path,
                string.Create(CultureInfo.InvariantCulture, $"{position - dataStart} bytes behind the header, but found {fileLength - dataStart}")
                    + (position > fileLength ? ": the file was cut off" : string.Empty));
        }
    }

    private static WeightFileException Refuse(string path, string difference, string? tensor = null)
        => new(tensor is null ? $"Expected {difference} (safetensors file '{path}')." : $"Expected {difference} (tensor '{tensor}' of the safetensors file '{path}').", path, tensor);
}
