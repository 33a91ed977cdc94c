using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;

namespace Mlp.Training.Distributed.Collectives.SharedMemory.Interop;

/// <summary>
/// Memory that the ranks of one host share: a file that all map and that is deleted then, so that nothing is left behind whatever becomes of them. It begins with a token and a bell for each rank; behind them lie a
/// ring for each ordered pair of ranks.
/// </summary>
internal sealed unsafe class SharedSegment : IDisposable
{
    private const int TokenBytes = 32;
    private const int BellsOffset = 4096;
    private const int BellBytes = 128;
    private const int TotalBytes = 1 << 25;
    private const int LeastRingBytes = 1 << 16;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _ranks;

    private SharedSegment(FileStream stream, int ranks, int ringBytes)
    {
        (_ranks, RingBytes) = (ranks, ringBytes);
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>Bytes of a ring.</summary>
    public int RingBytes { get; }

    /// <summary>Creates the file, of its whole size at once: a full file system is an error here, and no signal later.</summary>
    /// <param name="folder">Folder of the file.</param>
    /// <param name="ranks">Ranks that will share it.</param>
    /// <param name="ringBytes">Bytes of a ring, a power of two; less where many ranks share.</param>
    /// <param name="path">The file; the caller deletes it when all have mapped it.</param>
    /// <param name="token">What the file begins with.</param>
    /// <exception cref="IOException">There is no room.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static SharedSegment Create(string folder, int ranks, int ringBytes, out string path, out byte[] token)
    {
        while (ringBytes > LeastRingBytes && (long)ringBytes * ranks * (ranks - 1) > TotalBytes)
        {
            ringBytes /= 2;
        }

        token = RandomNumberGenerator.GetBytes(TokenBytes);
        path = Path.Combine(folder, $"mlp-group-{Convert.ToHexStringLower(token.AsSpan(0, 8))}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            PreallocationSize = Length(ranks, ringBytes),
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(path, options);
        try
        {
            stream.SetLength(Length(ranks, ringBytes));
            stream.Write(token);
            return new(stream, ranks, ringBytes);
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Maps the file of another rank.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ranks">Ranks that share it.</param>
    /// <param name="ringBytes">Bytes of a ring.</param>
    /// <param name="token">What it must begin with.</param>
    /// <exception cref="IOException">It is not there, or another file.</exception>
    public static SharedSegment Open(string path, int ranks, int ringBytes, ReadOnlySpan<byte> token)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        try
        {
            var found = new byte[TokenBytes];
            stream.ReadExactly(found);
            return stream.Length == Length(ranks, ringBytes) && token.SequenceEqual(found)
                ? new(stream, ranks, ringBytes)
                : throw new IOException($"Expected the file '{path}' to be the group's, but its token or length is another.");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The ring from one rank to another; ranks count within the host.</summary>
    public SharedRing Ring(int from, int to)
    {
        var index = (from * (_ranks - 1)) + (to > from ? to - 1 : to);
        return new(_start + RingsOffset(_ranks) + ((long)index * (SharedRing.ControlBytes + RingBytes)), RingBytes);
    }

    /// <summary>The bell of a rank.</summary>
    public SharedBell Bell(int rank) => new(_start + BellsOffset + (rank * BellBytes));

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private static long Length(int ranks, int ringBytes) => RingsOffset(ranks) + ((long)ranks * (ranks - 1) * (SharedRing.ControlBytes + ringBytes));

    private static int RingsOffset(int ranks) => BellsOffset + (((ranks * BellBytes) + 4095) / 4096 * 4096);
}
