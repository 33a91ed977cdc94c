using System.Buffers;

namespace Mlp.Monitoring.Labels.Joins;

/// <summary>
/// Records of one length, appended and then read once or more, in the order of appending. They stay in one buffer until it is full; then they go to a file, which vanishes with this object. Not thread-safe.
/// </summary>
/// <param name="path">Where the file would lie; its folder exists.</param>
/// <param name="recordByteCount">Bytes of a record.</param>
internal sealed class SpillFile(string path, int recordByteCount) : IDisposable
{
    private const int BufferByteCount = 64 * 1024;

    private readonly byte[] _buffer = new byte[Math.Max(1, BufferByteCount / recordByteCount) * recordByteCount];
    private FileStream? _file;
    private int _used;

    /// <summary>Reads one record.</summary>
    /// <param name="record">Its bytes, valid during the call.</param>
    public delegate void RecordReader(ReadOnlySpan<byte> record);

    /// <summary>Records that were appended.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes that went to the disk.</summary>
    public long SpilledByteCount => _file?.Length ?? 0;

    /// <summary>Memory for one more record, to be filled before the next call.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public Span<byte> Append()
    {
        if (_used == _buffer.Length)
        {
            Spill();
        }

        var record = _buffer.AsSpan(_used, recordByteCount);
        _used += recordByteCount;
        Count++;
        return record;
    }

    /// <summary>Reads every record.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Read(RecordReader read)
    {
        if (_file is not null)
        {
            Spill();
            _file.Position = 0;
            var rented = ArrayPool<byte>.Shared.Rent(_buffer.Length);
            try
            {
                for (var left = _file.Length; left > 0;)
                {
                    var part = rented.AsSpan(0, (int)Math.Min(left, _buffer.Length));
                    _file.ReadExactly(part);
                    ReadPart(part, read);
                    left -= part.Length;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        ReadPart(_buffer.AsSpan(0, _used), read);
    }

    public void Dispose() => _file?.Dispose();

    private void ReadPart(ReadOnlySpan<byte> part, RecordReader read)
    {
        for (var start = 0; start < part.Length; start += recordByteCount)
        {
            read(part.Slice(start, recordByteCount));
        }
    }

    private void Spill()
    {
        if (_file is null)
        {
            _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            if (!OperatingSystem.IsWindows())
            {
                // An open file needs no name, and one without a name is gone with its process, however that ends.
                File.Delete(path);
            }
        }

        _file.Position = _file.Length;
        _file.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
