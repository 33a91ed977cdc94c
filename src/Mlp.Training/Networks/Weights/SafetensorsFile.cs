using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mlp.Training.Networks.Weights;

/// <summary>
/// A safetensors file that is open for reading. Its header is checked as a whole when it is opened; tensors are read one by one. Thread-safe until it is disposed of.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly Dictionary<string, SafetensorsTensor> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (_path, _handle, Tensors, Metadata) = (path, handle, tensors, metadata);
        _byName = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>Its tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>Texts that whoever wrote it has added.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="WeightFileException">It is damaged, cut off, has a type that networks do not use, or is no such file.</exception>
    /// <exception cref="IOException">It does not exist or cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        var (tensors, metadata) = SafetensorsHeader.Read(path, stream);
        return new(path, File.OpenHandle(path, options: FileOptions.RandomAccess), tensors, metadata);
    }

    /// <summary>Reads a tensor of floating-point numbers as float32.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its numbers, row-major.</returns>
    /// <exception cref="WeightFileException">There is none of that name, it holds integers, or the file got shorter.</exception>
    public float[] ReadFloats(string name)
    {
        var tensor = Require(name);
        if (tensor.Type == SafetensorsType.I64)
        {
            throw new WeightFileException($"Expected floating-point numbers in tensor '{name}', but found {tensor.Type} (safetensors file '{_path}').", _path, name);
        }

        var bytes = ReadBytes(tensor);
        var floats = new float[bytes.Length / SafetensorsHeader.SizeOf(tensor.Type)];
        switch (tensor.Type)
        {
            case SafetensorsType.F32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(floats);
                break;
            case SafetensorsType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), floats);
                break;
            case SafetensorsType.F64:
                TensorPrimitives.ConvertTruncating<double, float>(MemoryMarshal.Cast<byte, double>(bytes), floats);
                break;
            default:
                for (var i = 0; i < floats.Length; i++)
                {
                    floats[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i)) << 16);
                }

                break;
        }

        return floats;
    }

    /// <summary>Reads a tensor of int64.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its numbers, row-major.</returns>
    /// <exception cref="WeightFileException">There is none of that name, it holds other numbers, or the file got shorter.</exception>
    public long[] ReadIntegers(string name)
    {
        var tensor = Require(name);
        return tensor.Type == SafetensorsType.I64
            ? MemoryMarshal.Cast<byte, long>(ReadBytes(tensor)).ToArray()
            : throw new WeightFileException($"Expected integers in tensor '{name}', but found {tensor.Type} (safetensors file '{_path}').", _path, name);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private SafetensorsTensor Require(string name)
        => _byName.TryGetValue(name, out var tensor)
            ? tensor
            : throw new WeightFileException($"Expected a tensor '{name}', but found none of that name (safetensors file '{_path}').", _path, name);

    private byte[] ReadBytes(SafetensorsTensor tensor)
    {
        if (tensor.ByteCount > Array.MaxLength)
        {
            throw new WeightFileException(
                FormattableString.Invariant($"Expected a tensor of at most {Array.MaxLength} bytes, but '{tensor.Name}' has {tensor.ByteCount} (safetensors file '{_path}')."), _path, tensor.Name);
        }

        var bytes = new byte[tensor.ByteCount];
        for (var done = 0; done < bytes.Length;)
        {
            var count = RandomAccess.Read(_handle, bytes.AsSpan(done), tensor.Offset + done);
            done += count > 0
                ? count
                : throw new WeightFileException($"Expected the bytes of tensor '{tensor.Name}', but the file ends before: it was cut off (safetensors file '{_path}').", _path, tensor.Name);
        }

        return bytes;
    }
}
