using System.Buffers;
using Apache.Arrow.Memory;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>
/// The memory of the batches of a task: as much as a batch may have, and no more. Memory of earlier batches is used again where nobody but us can have kept it. Not thread-safe.
/// </summary>
/// <param name="reuses">Whether memory of a batch that was disposed of is used again: not for user code, which may keep a column.</param>
internal sealed class BatchAllocator(bool reuses) : MemoryAllocator
{
    /// <summary>Blocks that wait to be used again.</summary>
    private const int MaximumIdle = 8;

    private readonly List<byte[]> _idle = [];
    private long _allocated;

    /// <summary>Begins another batch, whose memory counts from 0.</summary>
    public void Restart() => _allocated = 0;

    /// <inheritdoc/>
    protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
    {
        _allocated += length;
        if (_allocated > ProtocolLimits.BatchLength)
        {
            throw new ProtocolException(FormattableString.Invariant(
                $"Expected at most {ProtocolLimits.BatchLength} bytes of values of a batch, but found {_allocated}. Make batches smaller: spark.sql.execution.arrow.maxRecordsPerBatch."));
        }

        bytesAllocated = length;
        return new Block(this, Take(length), length);
    }

    private byte[] Take(int length)
    {
        for (var i = 0; i < _idle.Count; i++)
        {
            // One that is much too long would be taken from a batch that needs it.
            if (_idle[i].Length >= length && _idle[i].Length / 2 <= length)
            {
                var bytes = _idle[i];
                _idle.RemoveAt(i);
                return bytes;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    private void Return(byte[] bytes)
    {
        if (!reuses)
        {
            return;
        }

        if (_idle.Count == MaximumIdle)
        {
            _idle.RemoveAt(0);
        }

        _idle.Add(bytes);
    }

    private sealed class Block(BatchAllocator owner, byte[] bytes, int length) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = bytes;

        public Memory<byte> Memory => (_bytes ?? throw new ObjectDisposedException(nameof(Block))).AsMemory(0, length);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            {
                owner.Return(bytes);
            }
        }
    }
}
