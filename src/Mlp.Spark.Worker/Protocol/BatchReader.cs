using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>Reads one Arrow stream of a task. Not thread-safe.</summary>
internal sealed class BatchReader : IDisposable
{
    private static readonly CompressionCodecFactory Codecs = new();

    private readonly BatchAllocator _allocator;
    private readonly ArrowStreamReader _reader;

    /// <summary>Begins.</summary>
    /// <param name="input">The connection, at the start of a stream.</param>
    /// <param name="allocator">The memory of batches.</param>
    public BatchReader(ProtocolReader input, BatchAllocator allocator)
    {
        _allocator = allocator;
        _reader = new ArrowStreamReader(new ArrowMessageStream(input), allocator, Codecs, leaveOpen: true);
    }

    /// <summary>The schema.</summary>
    /// <exception cref="ProtocolException">There is none.</exception>
    public Schema ReadSchema()
    {
        try
        {
            return _reader.Schema ?? throw new ProtocolException("Expected an Arrow stream to begin with a schema, but it ends at once.");
        }
        catch (Exception e) when (IsBroken(e))
        {
            throw new ProtocolException($"Expected the schema of an Arrow stream, but it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The next batch; null at the end of the stream. Its memory is that of the caller until he disposes of it.</summary>
    /// <exception cref="ProtocolException">It is broken or over a limit.</exception>
    public RecordBatch? ReadBatch()
    {
        _allocator.Restart();
        RecordBatch? batch = null;
        try
        {
            batch = _reader.ReadNextRecordBatch();
            if (batch is not null)
            {
                ArrowValues.Check(batch);
            }

            return batch;
        }
        catch (Exception e) when (IsBroken(e))
        {
            batch?.Dispose();
            throw new ProtocolException($"Expected a record batch of an Arrow stream, but it cannot be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    /// <summary>What Arrow throws at broken bytes has no common type. The end of the connection is no broken batch.</summary>
    private static bool IsBroken(Exception e) => e is not (ProtocolException or IOException);
}
