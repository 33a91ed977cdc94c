using System.IO.MemoryMappedFiles;

namespace Mlp.Runtime.Interop;

/// <summary>A file as bytes in memory that the system reads when they are looked at. Not thread-safe; the span must not be used after the disposal.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _pointer;

    /// <summary>Maps a file for reading.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">The file is missing, cannot be read, or is larger than a span.</exception>
    public MappedFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        var length = stream.Length;
        Length = length <= int.MaxValue
            ? (int)length
            : throw new IOException(FormattableString.Invariant($"Expected a file of at most {int.MaxValue} bytes at '{path}', but found {length}."));
        if (Length == 0)
        {
            return;
        }

        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pointer);
        _pointer += _view.PointerOffset;
    }

    /// <summary>Bytes of the file.</summary>
    public int Length { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => new(_pointer, Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _file?.Dispose();
    }
}
