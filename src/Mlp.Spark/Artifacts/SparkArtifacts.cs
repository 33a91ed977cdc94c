using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Artifacts;

/// <summary>Files that travel with a session to every executor. Each is checked by CRC-32 as it arrives. Thread-safe.</summary>
public sealed class SparkArtifacts
{
    /// <summary>Bytes of a message.</summary>
    internal const int ChunkBytes = 32 << 10;

    private readonly SparkChannel _channel;

    internal SparkArtifacts(SparkChannel channel) => _channel = channel;

    /// <summary>Sends a file. Tasks of the session find it in Spark's folder of files under its name.</summary>
    /// <param name="path">The file on this machine.</param>
    /// <param name="name">The name that it gets; null for its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The name is no name of a file.</exception>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="SparkException">Spark refuses it, or has another file of that name.</exception>
    /// <exception cref="SparkConnectionException">The connection broke.</exception>
    public Task AddFileAsync(string path, string? name = null, CancellationToken cancellationToken = default) => AddAsync("files", path, name, null, cancellationToken);

    /// <summary>Sends an archive. Tasks of the session find it unpacked, in a folder of its name.</summary>
    /// <param name="path">The archive on this machine: <c>.tar.gz</c>, which keeps permissions, or <c>.zip</c>.</param>
    /// <param name="folder">The folder that it is unpacked into.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The folder is no name of a folder.</exception>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="SparkException">Spark refuses it, or has another archive of that name.</exception>
    /// <exception cref="SparkConnectionException">The connection broke.</exception>
    public Task AddArchiveAsync(string path, string folder, CancellationToken cancellationToken = default)
    {
        ThrowIfNoName(folder, nameof(folder));
        return AddAsync("archives", path, null, folder, cancellationToken);
    }

    private static void ThrowIfNoName(string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny("/\\#"))
        {
            throw new ArgumentException($"Expected a name without '/', '\\' and '#', but found '{name}'.", parameter);
        }
    }

    private async Task AddAsync(string kind, string path, string? name, string? folder, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = name ?? Path.GetFileName(path);
        ThrowIfNoName(file, nameof(name));
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Expected a file at '{path}' to send to Spark, but found none.", path);
        }

        var artifact = folder is null ? $"{kind}/{file}" : $"{kind}/{file}#{folder}";
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            var response = await _channel.AddArtifactsAsync(ReadAsync(stream, artifact, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (response.Artifacts.FirstOrDefault(a => !a.IsCrcSuccessful) is { } damaged)
            {
                throw new SparkConnectionException($"Expected '{damaged.Name}' to arrive at Spark as it was sent, but its CRC-32 differs: send it again.", null);
            }
        }
    }

    /// <summary>What fits into one message goes as a batch; more goes in chunks, of which the first announces the others.</summary>
    private static async IAsyncEnumerable<AddArtifactsRequest> ReadAsync(Stream stream, string artifact, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var total = stream.Length;
        var first = await ReadChunkAsync(stream, cancellationToken).ConfigureAwait(false);
        if (total <= ChunkBytes)
        {
            yield return new AddArtifactsRequest { Batch = new() { Artifacts = { new AddArtifactsRequest.Types.SingleChunkArtifact { Name = artifact, Data = first } } } };
            yield break;
        }

        var count = ((total - 1) / ChunkBytes) + 1;
        yield return new AddArtifactsRequest { BeginChunk = new() { Name = artifact, TotalBytes = total, NumChunks = count, InitialChunk = first } };
        for (var chunk = 1L; chunk < count; chunk++)
        {
            yield return new AddArtifactsRequest { Chunk = await ReadChunkAsync(stream, cancellationToken).ConfigureAwait(false) };
        }
    }

    private static async Task<AddArtifactsRequest.Types.ArtifactChunk> ReadChunkAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkBytes];
        var count = await stream.ReadAtLeastAsync(buffer, ChunkBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, count));
        return new AddArtifactsRequest.Types.ArtifactChunk { Data = data, Crc = Crc32.HashToUInt32(data.Span) };
    }
}
