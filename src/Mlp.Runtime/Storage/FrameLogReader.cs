using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Storage;

/// <summary>
/// Reads the frames of a log (<see cref="FrameLogFormat"/>) in order. What a crash left of the last write is passed over quietly and
/// counted; damage to what had been flushed is an error that names the place.
/// </summary>
/// <remarks>Not safe for many threads. The log may be open for writing elsewhere: the reader sees it as long as it was when it was opened.</remarks>
internal sealed class FrameLogReader : IDisposable
{
    private readonly FileWindow _file;
    private readonly bool _throwOnDamage;

    private FrameLogReader(string path, bool throwOnDamage)
    {
        Path = System.IO.Path.GetFullPath(path);
        _file = new FileWindow(Path);
        _throwOnDamage = throwOnDamage;
    }

    /// <summary>Path of the log.</summary>
    internal string Path { get; }

    /// <summary>The UTF-8 JSON that describes the log.</summary>
    internal ReadOnlyMemory<byte> Header { get; private set; }

    /// <summary>The content of the current frame, valid until the next read.</summary>
    internal ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>Where the current frame starts.</summary>
    internal long FrameOffset { get; private set; }

    /// <summary>Where the last good frame ends. At the end of the log: the length of what is good in it.</summary>
    internal long Position { get; private set; }

    /// <summary>Whether a read has returned false.</summary>
    internal bool IsAtEnd { get; private set; }

    /// <summary>Whether the last frame read so far is the mark of a log that was closed in order.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>At the end: how many bytes behind the last good frame a crash has left, 0 if none.</summary>
    internal long TornBytes { get; private set; }

    /// <summary>At the end: the damage that ended the reading, if the reader was told not to throw it.</summary>
    internal CorruptFileException? Damage { get; private set; }

    /// <summary>Opens a log and reads its header.</summary>
    /// <param name="path">Path of the log.</param>
    /// <param name="throwOnDamage">Whether damage is thrown (default) or ends the reading and is kept in <see cref="Damage"/>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="CorruptFileException">The file is no log or its header is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">The log was written in a newer format version.</exception>
    internal static FrameLogReader Open(string path, bool throwOnDamage = true)
    {
        var reader = new FrameLogReader(path, throwOnDamage);
        try
        {
            reader.ReadPreamble();
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Goes to the next frame.</summary>
    /// <returns>False at the end of what is good.</returns>
    /// <exception cref="CorruptFileException">The log is damaged here.</exception>
    internal bool Read()
    {
        while (!IsAtEnd)
        {
            if (!TryReadFrame(_file, Position, out var header, out var payload))
            {
                EndReading();
                break;
            }

            FrameOffset = Position;
            Position += FrameLogFormat.FrameLength(header.PayloadLength);
            IsClosed = header.IsClosed;
            if (!header.IsClosed)
            {
                Payload = payload;
                return true;
            }
        }

        Payload = default;
        return false;
    }

    /// <summary>Goes on behind the frames that another reader of this log has read: for following a log that grows.</summary>
    /// <param name="position">The <see cref="Position"/> of that reader; one in front of this reader's own changes nothing.</param>
    internal void SkipTo(long position) => Position = Math.Max(Position, position);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads and checks the frame at an offset.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the frame should stand.</param>
    /// <param name="header">What stands before its payload.</param>
    /// <param name="payload">Its payload, valid until the file is read again.</param>
    /// <returns>False when no whole and unharmed frame stands there.</returns>
    internal static bool TryReadFrame(FileWindow file, long offset, out FrameHeader header, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        header = default;
        if (!file.TryRead(offset, FrameLogFormat.FrameHeaderLength, out var bytes))
        {
            return false;
        }

        header = FrameLogFormat.ReadHeader(bytes.Span);
        if (header.Offset != offset || !file.TryRead(offset, FrameLogFormat.FrameLength(header.PayloadLength), out bytes))
        {
            return false;
        }

        payload = bytes.Slice(FrameLogFormat.FrameHeaderLength, header.PayloadLength);
        return FrameLogFormat.Checksum(bytes.Span, header.PayloadLength) == header.Checksum;
    }

    private void ReadPreamble()
    {
        if (!_file.TryRead(0, FrameLogFormat.PreambleLength, out var preamble))
        {
            throw Corrupt(0, FormattableString.Invariant($"expected a log, but found a file of {_file.Length} bytes."));
        }

        if (!preamble.Span.StartsWith(FrameLogFormat.Magic))
        {
            var found = Convert.ToHexString(preamble.Span[..FrameLogFormat.Magic.Length]);
            throw Corrupt(0, $"expected a log that starts with '{Encoding.UTF8.GetString(FrameLogFormat.Magic)}', but found the bytes {found}.");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(preamble.Span[FrameLogFormat.Magic.Length..]);
        if (version == 0)
        {
            throw Corrupt(FrameLogFormat.Magic.Length, "expected a format version of 1 or more, but found 0.");
        }

        if (version > FrameLogFormat.Version)
        {
            throw new UnsupportedFormatVersionException(Path, version, FrameLogFormat.Version);
        }

        Position = FrameLogFormat.PreambleLength;
        if (!TryReadFrame(_file, Position, out var header, out var payload))
        {
            throw Corrupt(Position, "expected the frame that describes the log, but found none that is whole.");
        }

        Header = payload.ToArray();
        Position += FrameLogFormat.FrameLength(header.PayloadLength);
    }

    private void EndReading()
    {
        IsAtEnd = true;
        TornBytes = _file.Length - Position;
        if (TornBytes == 0 || FrameLogTail.FindDamage(_file, Position) is not { } detail)
        {
            return;
        }

        TornBytes = 0;
        Damage = Corrupt(Position, detail);
        if (_throwOnDamage)
        {
            throw Damage;
        }
    }

    private CorruptFileException Corrupt(long offset, string detail)
        => new(Path, FormattableString.Invariant($"The file '{Path}' is corrupt at offset {offset}: {detail}"), offset);
}
