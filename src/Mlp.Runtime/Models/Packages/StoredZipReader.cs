using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Mlp.Runtime.Models.Packages;

/// <summary>
/// Reads an archive of <see cref="StoredZipWriter"/> from its first byte to its last, each once. The caller says which entry must come next, so that no name of the archive ever
/// becomes a path, and what a size says is compared with what is there before anything is allocated. Not thread-safe.
/// </summary>
internal sealed class StoredZipReader : IDisposable
{
    private const string PackedAgain = " It seems to have been packed again by another tool: pass on the file itself, as ExportAsync wrote it.";

    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<StoredZipEntry> _entries = [];
    private readonly string _path;

    /// <summary>Opens an archive.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public StoredZipReader(string path)
    {
        _path = path;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
    }

    /// <summary>Reads the next entry into memory.</summary>
    /// <param name="name">The name that it must have.</param>
    /// <param name="maximumLength">Greatest size.</param>
    /// <exception cref="CorruptFileException">It has another name, is larger, or is damaged.</exception>
    public byte[] Read(string name, long maximumLength)
    {
        var content = Array.Empty<byte>();
        Read(name, maximumLength, (stream, length) =>
        {
            content = new byte[length];
            stream.ReadExactly(content);
        });
        return content;
    }

    /// <summary>Reads the next entry.</summary>
    /// <param name="name">The name that it must have.</param>
    /// <param name="maximumLength">Greatest size.</param>
    /// <param name="read">Reads all of the content; told its size.</param>
    /// <exception cref="CorruptFileException">It has another name, is larger, or is damaged.</exception>
    public void Read(string name, long maximumLength, Action<Stream, long> read)
    {
        var offset = _file.Position;
        var header = ReadHeader(name, offset);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(18)) is var small && small < uint.MaxValue
            ? small
            : BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(^16));
        var entry = new StoredZipEntry(name, length, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(StoredZip.ChecksumOffset)), offset);
        if (length < 0 || !header.AsSpan().SequenceEqual(StoredZip.Header(entry)))
        {
            throw Error(offset, $"a header of '{name}' as the platform writes it", "another one", PackedAgain);
        }

        if (length > maximumLength || length > _file.Length - _file.Position)
        {
            var most = Math.Min(maximumLength, _file.Length - _file.Position);
            throw Error(offset, FormattableString.Invariant($"at most {most} bytes in '{name}'"), FormattableString.Invariant($"{length}"));
        }

        var content = new EntryStream(_file, _hash, length);
        read(content, length);
        if (content.Left > 0 || content.Checksum != entry.Checksum)
        {
            throw Error(offset, $"the content of '{name}' to have the checksum of its header", "another one");
        }

        _entries.Add(entry);
    }

    /// <summary>Checks that nothing else follows.</summary>
    /// <returns>SHA-256 of the archive.</returns>
    /// <exception cref="CorruptFileException">The directory does not say what the entries say, or something stands behind it.</exception>
    public string Complete()
    {
        var offset = _file.Position;
        var expected = StoredZip.Directory(_entries, offset);
        var left = _file.Length - offset;
        if (left >= sizeof(uint) && PeekSignature() == StoredZip.HeaderSignature)
        {
            throw Error(offset, "no more entries", "another one");
        }

        if (left < expected.Length)
        {
            throw Error(offset, FormattableString.Invariant($"a directory of {expected.Length} bytes"), "the end of the file: it may be cut short");
        }

        if (left > expected.Length || !ReadExactly(expected.Length, offset).AsSpan().SequenceEqual(expected))
        {
            throw Error(offset, "a directory of exactly these entries, plain files without links, comments and extras", "another one", PackedAgain);
        }

        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
    }

    private byte[] ReadHeader(string name, long offset)
    {
        if (_file.Length - offset < StoredZip.HeaderLength)
        {
            throw Error(offset, $"entry '{name}'", "the end of the file: it may be cut short");
        }

        var start = ReadExactly(StoredZip.HeaderLength, offset);
        if (BinaryPrimitives.ReadUInt32LittleEndian(start) != StoredZip.HeaderSignature)
        {
            throw Error(offset, $"entry '{name}'", offset == 0 ? "no zip archive" : "none");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)) is not 0 and var method)
        {
            throw Error(
                offset, $"entry '{name}' stored without compression, so that its size is what it says", FormattableString.Invariant($"compression method {method}"), PackedAgain);
        }

        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(26));
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(28));
        var rest = ReadExactly(nameLength + extraLength, offset);
        var found = Encoding.UTF8.GetString(rest, 0, nameLength);
        return found == name ? [.. start, .. rest] : throw Error(offset, $"entry '{name}'", $"entry '{Printable(found)}'", PackedAgain);
    }

    private byte[] ReadExactly(int count, long offset)
    {
        if (_file.Length - _file.Position < count)
        {
            throw Error(offset, FormattableString.Invariant($"{count} more bytes"), "the end of the file: it may be cut short");
        }

        var bytes = new byte[count];
        _file.ReadExactly(bytes);
        _hash.AppendData(bytes);
        return bytes;
    }

    private uint PeekSignature()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        return RandomAccess.Read(_file.SafeFileHandle, bytes, _file.Position) == bytes.Length ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
    }

    private static string Printable(string text)
        => new([.. text.Take(100).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c)]);

    private CorruptFileException Error(long offset, string expected, string found, string advice = "")
        => new(_path, FormattableString.Invariant($"Expected {expected} at offset {offset} of the model package '{_path}', but found {found}.{advice}"), offset);

    /// <summary>The content of one entry; counts and hashes what is read.</summary>
    private sealed class EntryStream(FileStream file, IncrementalHash hash, long length) : Stream
    {
        private readonly Crc32 _checksum = new();

        public long Left { get; private set; } = length;

        public uint Checksum => _checksum.GetCurrentHashAsUInt32();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = file.Read(buffer[..(int)Math.Min(buffer.Length, Left)]);
            var part = buffer[..count];
            hash.AppendData(part);
            _checksum.Append(part);
            Left -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
