using Microsoft.Win32.SafeHandles;

namespace Mlp.Runtime.Storage;

/// <summary>Reads a file through one reused buffer, as long as it was when it was opened. Not safe for many threads.</summary>
internal sealed class FileWindow : IDisposable
{
    private const int ReadAhead = 256 * 1024;

    private readonly SafeFileHandle _handle;
    private byte[] _bytes = [];
    private long _start;
    private int _count;

    /// <summary>Opens a file that others may be writing.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">The file is absent or cannot be opened.</exception>
    internal FileWindow(string path)
    {
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Length = RandomAccess.GetLength(_handle);
    }

    /// <summary>Length of the file in bytes when it was opened.</summary>
    internal long Length { get; }

    /// <summary>Reads bytes of the file.</summary>
    /// <param name="offset">Where to start.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="bytes">The bytes, valid until the next read.</param>
    /// <returns>False when the file ends before.</returns>
    internal bool TryRead(long offset, int length, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (offset + length > Length || (!Holds(offset, length) && !Fill(offset, length)))
        {
            return false;
        }

        bytes = _bytes.AsMemory((int)(offset - _start), length);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private bool Holds(long offset, int length) => offset >= _start && offset + length <= _start + _count;

    private bool Fill(long offset, int length)
    {
        var wanted = (int)Math.Min(Math.Max(length, ReadAhead), Length - offset);
        if (_bytes.Length < wanted)
        {
            _bytes = new byte[wanted];
        }

        _start = offset;
        _count = 0;
        while (_count < wanted)
        {
            var read = RandomAccess.Read(_handle, _bytes.AsSpan(_count, wanted - _count), offset + _count);
            if (read == 0)
            {
                break;
            }

            _count += read;
        }

        return _count >= length;
    }
}
