using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Mlp.Runtime.Models.Packages;

/// <summary>Writes a zip archive without compression: the same entries give the same bytes, and each can be read where it lies. Not thread-safe.</summary>
/// <param name="file">An empty file.</param>
internal sealed class StoredZipWriter(SafeFileHandle file)
{
    private const int BufferSize = 1 << 20;

    private readonly List<StoredZipEntry> _entries = [];
    private long _position;

    /// <summary>Adds bytes.</summary>
    /// <param name="name">Name of the entry.</param>
    /// <param name="content">Its content.</param>
    public void Add(string name, ReadOnlySpan<byte> content)
    {
        var entry = new StoredZipEntry(name, content.Length, Crc32.HashToUInt32(content), _position);
        Append(StoredZip.Header(entry));
        Append(content);
        _entries.Add(entry);
    }

    /// <summary>Adds a file.</summary>
    /// <param name="name">Name of the entry.</param>
    /// <param name="content">Its content.</param>
    /// <param name="length">Number of bytes of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>SHA-256 of what was written, for the caller to compare; the content may have been shorter or longer.</returns>
    public string Add(string name, Stream content, long length, CancellationToken cancellationToken)
    {
        var entry = new StoredZipEntry(name, length, 0, _position);
        var header = StoredZip.Header(entry);
        Append(header);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var checksum = new Crc32();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int count; (count = content.Read(buffer, 0, BufferSize)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var part = buffer.AsSpan(0, count);
                hash.AppendData(part);
                checksum.Append(part);
                Append(part);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // The checksum stands before what it is of.
        entry = entry with { Checksum = checksum.GetCurrentHashAsUInt32() };
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(StoredZip.ChecksumOffset), entry.Checksum);
        RandomAccess.Write(file, header, entry.Offset);
        _entries.Add(entry);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Ends the archive.</summary>
    public void Complete() => Append(StoredZip.Directory(_entries, _position));

    private void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(file, bytes, _position);
        _position += bytes.Length;
    }
}
