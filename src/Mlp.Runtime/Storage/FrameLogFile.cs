using Microsoft.Win32.SafeHandles;

namespace Mlp.Runtime.Storage;

/// <summary>The file under a <see cref="FrameLogWriter"/>: opened so that it can be trusted, written and flushed in whole batches.</summary>
internal sealed class FrameLogFile : IDisposable
{
    private readonly IDiskSync _disk;
    private readonly SafeFileHandle _handle;
    private readonly long _closingMarkEnd;

    private FrameLogFile(IDiskSync disk, string path, long length, bool isClosed)
    {
        _disk = disk;
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read | FileShare.Delete);
        _closingMarkEnd = isClosed ? length : 0;
        Path = path;
        Length = length;
    }

    /// <summary>Path of the file.</summary>
    internal string Path { get; }

    /// <summary>Length of what was in the log when it was opened, in bytes.</summary>
    internal long Length { get; }

    /// <summary>Creates a log that must not exist yet; it gets its name only after its header is on the device.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="path">Path of the log; its directory exists.</param>
    /// <param name="header">UTF-8 JSON that describes the log.</param>
    /// <exception cref="IOException">The file exists, or the disk is full or failed.</exception>
    internal static FrameLogFile Create(IDiskSync disk, string path, ReadOnlySpan<byte> header)
    {
        path = System.IO.Path.GetFullPath(path);
        var start = new FrameBuffer(FrameLogFormat.PreambleLength + FrameLogFormat.FrameLength(header.Length));
        start.AddPreamble();
        start.Add(header, [], FrameLogFormat.BatchStart);
        return DurableFile.WriteExclusive(disk, path, start.Written)
            ? new FrameLogFile(disk, path, start.End, isClosed: false)
            : throw new IOException($"The log '{path}' exists already.");
    }

    /// <summary>Opens a log that was read to its end, cuts off a torn tail and flushes the rest, which another process may have left unflushed.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="reader">A reader at the end of the log.</param>
    /// <exception cref="InvalidOperationException">The reader has not reached the end, or it stopped at damage.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    internal static FrameLogFile Continue(IDiskSync disk, FrameLogReader reader)
    {
        if (!reader.IsAtEnd || reader.Damage is not null)
        {
            throw new InvalidOperationException($"The log '{reader.Path}' can be continued only after it was read to its end without damage.");
        }

        var file = new FrameLogFile(disk, reader.Path, reader.Position, reader.IsClosed);
        try
        {
            RandomAccess.SetLength(file._handle, file.Length);
            disk.SyncFile(file._handle, file.Path);
            disk.SyncDirectory(System.IO.Path.GetDirectoryName(file.Path)!);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes frames and returns when they are on the device.</summary>
    /// <param name="frames">The frames.</param>
    /// <returns>What went wrong, or null.</returns>
    internal Exception? WriteAndFlush(FrameBuffer frames)
    {
        try
        {
            RandomAccess.Write(_handle, frames.Written, frames.Start);
            _disk.SyncFile(_handle, Path);
            return null;
        }
        catch (Exception error)
        {
            // Nobody was promised these bytes, and they may read back now and be gone after a power loss: take them away.
            TruncateQuietly(frames.Start);
            return error;
        }
    }

    /// <summary>Says that all before was flushed, which makes the last frames as checkable as the others. Needs no flush to be true.</summary>
    /// <param name="length">Length of the log; all of it is on the device.</param>
    internal void WriteClosingMark(long length)
    {
        if (length != _closingMarkEnd)
        {
            Span<byte> mark = stackalloc byte[FrameLogFormat.FrameHeaderLength];
            FrameLogFormat.SealFrame(mark, 0, FrameLogFormat.BatchStart | FrameLogFormat.Closed, length);
            RandomAccess.Write(_handle, mark, length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void TruncateQuietly(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A reader tells a torn tail by itself.
        }
    }
}
