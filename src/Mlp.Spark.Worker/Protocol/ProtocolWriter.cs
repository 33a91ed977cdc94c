using System.Buffers.Binary;
using System.Text;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>Writes what Java's DataInputStream reads, big-endian. Nothing leaves before <see cref="Flush"/>, unless it is much. Not thread-safe.</summary>
/// <param name="target">Where the bytes go; it is closed with this.</param>
internal sealed class ProtocolWriter(Stream target) : IDisposable
{
    private readonly BufferedStream _stream = new(target, 1 << 16);

    /// <summary>The stream that Arrow's data goes to.</summary>
    public Stream Stream => _stream;

    /// <summary>Writes an int32.</summary>
    /// <param name="value">The value.</param>
    public void WriteInt32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        _stream.Write(bytes);
    }

    /// <summary>Writes a word of the protocol.</summary>
    /// <param name="signal">The word.</param>
    public void WriteSignal(ProtocolSignal signal) => WriteInt32((int)signal);

    /// <summary>Writes text with its length in bytes before it.</summary>
    /// <param name="text">The text.</param>
    public void WriteText(string text)
    {
        // A lone surrogate, which only broken text has, becomes a question mark instead of another error.
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteInt32(bytes.Length);
        _stream.Write(bytes);
    }

    /// <summary>Sends what has been written.</summary>
    public void Flush() => _stream.Flush();

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
