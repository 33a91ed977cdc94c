using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>An Arrow IPC file or stream, told apart by how it begins. One batch is in memory at a time.</summary>
/// <param name="path">Full path.</param>
/// <param name="roles">What the columns are read for.</param>
internal sealed class ArrowFileSource(string path, ArrowColumnRoles roles) : RowSource
{
    private static ReadOnlySpan<byte> Magic => "ARROW1"u8;

    private static ReadOnlySpan<byte> EndOfStream => [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

    internal override string Named => $"'{path}'";

    internal override ValueTask LoadAsync(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        Load(session, table, cancellationToken);
        return ValueTask.CompletedTask;
    }

    private void Load(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        using var stream = File.OpenRead(path);
        using var reader = Open(stream);
        var schema = Read(() => reader.Schema);
        var columns = new ArrowSourceColumns(schema, roles, path, Named);
        session.Execute($"CREATE TEMP TABLE {Sql.Name(table)} ({string.Join(", ", columns.Sql)})", cancellationToken);
        using var appender = session.CreateAppender(table, columns.Schema);
        while (Read(reader.ReadNextRecordBatch) is { } batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            appender.Append(columns.Convert(batch));
            if (columns.HasDictionaries)
            {
                // Disposed, it would take the dictionary along, which the batches share.
                GC.KeepAlive(batch);
            }
            else
            {
                batch.Dispose();
            }
        }

        appender.Close();
    }

    /// <summary>Reads, and says what the matter is when the file is not what it should be: the reader has no exception of its own.</summary>
    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException or IngestException))
        {
            throw Unreadable();
        }
    }

    private ArrowStreamReader Open(FileStream stream)
    {
        Span<byte> start = stackalloc byte[8];
        var count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var isFile = start[..count].StartsWith(Magic);
        if (!isFile)
        {
            // A stream that was cut between two batches reads like a whole one.
            CheckEnd(stream);
        }

        stream.Position = 0;
        return Read(() => isFile ? new ArrowFileReader(stream, new CompressionCodecFactory()) : new ArrowStreamReader(stream, new CompressionCodecFactory()));
    }

    private void CheckEnd(FileStream stream)
    {
        Span<byte> end = stackalloc byte[8];
        if (stream.Length < end.Length)
        {
            throw Unreadable();
        }

        stream.Position = stream.Length - end.Length;
        stream.ReadExactly(end);
        if (!end.SequenceEqual(EndOfStream))
        {
            throw new IngestException(path, $"Expected an Arrow IPC file, or a stream with its end mark, at {Named}, but found neither: it is something else, or has been cut off.");
        }
    }

    private IngestException Unreadable() => new(path, $"Expected an Arrow IPC file or stream at {Named}, but it cannot be read as one.");
}
