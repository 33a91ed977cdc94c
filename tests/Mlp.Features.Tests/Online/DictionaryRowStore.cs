using System.Collections.Concurrent;
using System.Collections.Frozen;
using Mlp.Features.Online;

namespace Mlp.Features.Tests.Online;

/// <summary>
/// A row store in a dictionary, which can also remove. Where it was told to, it lets others run between any two steps, and every so often a read or a write waits as for the disk: all interleavings
/// that FASTER has by chance are common here.
/// </summary>
internal sealed class DictionaryRowStore(int dawdleOneIn) : IOnlineRowStore
{
    private readonly ConcurrentDictionary<byte[], byte[]> _rows = new(RowKeyEquality.Instance);

    public Exception? Fault => null;

    public long LogLength => 0;

    public int MaximumRecordLength => 1 << 20;

    public void Dispose()
    {
    }

    public IOnlineRowReader RentReader() => new Reader(this);

    public IOnlineRowWriter RentWriter() => new Writer(this);

    public void Scan(OnlineRowVisitor visitor) => throw new NotSupportedException();

    public Task<RowStoreCheckpoint> CheckpointAsync(string directory, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Recover(string directory, RowStoreCheckpoint checkpoint) => throw new NotSupportedException();

    public Task CompactAsync(FrozenSet<uint> retired) => Task.CompletedTask;

    public void ForgetView(uint viewId)
    {
        // There is nothing beside the dictionary.
    }

    public void DeleteLogBelow(long address)
    {
    }

    public void EraseLogBelow(long address)
    {
    }

    private bool IsTurn() => dawdleOneIn > 0 && Random.Shared.Next(dawdleOneIn) == 0;

    private void Dawdle()
    {
        if (IsTurn())
        {
            Thread.Yield();
        }
    }

    private void Read(byte[] key, in RowDestination destination)
    {
        Dawdle();
        if (_rows.TryGetValue(key, out var row))
        {
            Dawdle();
            destination.Write(row);
            Dawdle();
            destination.Fill.Keep(key, row);
        }
    }

    private void Write(byte[] key, byte[] row)
    {
        Dawdle();
        _rows.AddOrUpdate(key, static (_, row) => row, static (_, kept, row) => OnlineRowCodec.Replaces(row, kept) ? row : kept, row);
        Dawdle();
    }

    private void Delete(byte[] key, long throughSequence)
    {
        Dawdle();
        while (_rows.TryGetValue(key, out var row) && OnlineRowCodec.Deletes(throughSequence, row) && !_rows.TryRemove(new KeyValuePair<byte[], byte[]>(key, row)))
        {
            Dawdle();
        }

        Dawdle();
    }

    private sealed class Reader(DictionaryRowStore store) : IOnlineRowReader
    {
        private readonly List<(byte[] Key, RowDestination Destination)> _waiting = [];
        private int _pending;

        public bool Read(ReadOnlySpan<byte> key, in RowDestination destination)
        {
            if (store.IsTurn())
            {
                _waiting.Add((key.ToArray(), destination));
                return false;
            }

            store.Read(key.ToArray(), destination);
            return true;
        }

        public void Enqueue(ReadOnlySpan<byte> key, in RowDestination destination) => _pending += Read(key, destination) ? 0 : 1;

        public int ReadEnqueued()
        {
            var pending = _pending;
            _pending = 0;
            return pending;
        }

        public ValueTask CompleteAsync()
        {
            foreach (var (key, destination) in _waiting)
            {
                store.Read(key, destination);
            }

            _waiting.Clear();
            return ValueTask.CompletedTask;
        }

        public void Dispose() => Assert.Empty(_waiting);
    }

    private sealed class Writer(DictionaryRowStore store) : IOnlineRowWriter
    {
        private readonly List<Action> _waiting = [];

        public bool Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
        {
            var (keyBytes, rowBytes) = (key.ToArray(), row.ToArray());
            return Do(() => store.Write(keyBytes, rowBytes));
        }

        public bool Delete(ReadOnlySpan<byte> key, long throughSequence)
        {
            var keyBytes = key.ToArray();
            return Do(() => store.Delete(keyBytes, throughSequence));
        }

        public ValueTask CompleteAsync()
        {
            _waiting.ForEach(write => write());
            _waiting.Clear();
            return ValueTask.CompletedTask;
        }

        public void Dispose() => Assert.Empty(_waiting);

        private bool Do(Action write)
        {
            if (store.IsTurn())
            {
                _waiting.Add(write);
                return false;
            }

            write();
            return true;
        }
    }
}
