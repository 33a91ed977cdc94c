using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace Mlp.Monitoring.Segments;

/// <summary>
/// Makes the frames of a segment: each is one message of an Arrow IPC stream, so that the payloads of a segment, one behind the other, are such a stream. Not thread-safe.
/// </summary>
internal sealed class ArrowFrames : IDisposable
{
    private readonly MemoryStream _stream = new();
    private readonly ArrowStreamWriter _writer;

    /// <summary>Starts a stream.</summary>
    /// <param name="schema">The schema of all batches.</param>
    public ArrowFrames(Schema schema)
    {
        _writer = new ArrowStreamWriter(_stream, schema, leaveOpen: true);
        _writer.WriteStart();
        SchemaMessage = _stream.ToArray();
    }

    /// <summary>The schema message, the first frame of each segment.</summary>
    public byte[] SchemaMessage { get; }

    /// <summary>The message of one batch, valid until the next call.</summary>
    public ReadOnlySpan<byte> BatchMessage(RecordBatch batch)
    {
        _stream.SetLength(0);
        _writer.WriteRecordBatch(batch);
        GC.KeepAlive(batch);
        return _stream.GetBuffer().AsSpan(0, (int)_stream.Length);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _stream.Dispose();
    }
}
