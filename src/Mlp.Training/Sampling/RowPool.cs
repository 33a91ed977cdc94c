using Apache.Arrow;
using Mlp.Training.Networks;

namespace Mlp.Training.Sampling;

/// <summary>Rows that wait to be mixed, and rows that were mixed and wait to be handed out. All are copies. Not thread-safe.</summary>
internal sealed class RowPool(Schema schema) : IDisposable
{
    private readonly List<RecordBatch> _waiting = [];
    private readonly List<RecordBatch> _released = [];
    private int _releasedStart;
    private long _releasedCount;

    /// <summary>Rows that wait to be mixed.</summary>
    public int Count { get; private set; }

    /// <summary>Copies rows of a batch into the pool.</summary>
    public void Add(RecordBatch batch, int start, int count)
    {
        var rows = new (int, int)[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = (0, start + i);
        }

        _waiting.Add(RowGather.Gather(schema, [batch], rows));
        Count += count;
    }

    /// <summary>Mixes the rows, and hands some of them over to be taken; those to be skipped are dropped.</summary>
    public void Release(int count, SeededRandom random, ref long skip)
    {
        if (Count == 0)
        {
            return;
        }

        var places = _waiting.SelectMany((batch, b) => Enumerable.Range(0, batch.Length).Select(row => (b, row))).ToArray();
        var order = Enumerable.Range(0, places.Length).ToArray();
        random.Shuffle(order);
        var mixed = System.Array.ConvertAll(order, i => places[i]);
        var dropped = (int)Math.Min(skip, count);
        skip -= dropped;
        if (dropped < count)
        {
            _released.Add(RowGather.Gather(schema, _waiting, mixed.AsSpan(dropped, count - dropped)));
            _releasedCount += count - dropped;
        }

        var kept = count < mixed.Length ? RowGather.Gather(schema, _waiting, mixed.AsSpan(count)) : null;
        _waiting.ForEach(b => b.Dispose());
        _waiting.Clear();
        Count = kept?.Length ?? 0;
        if (kept is not null)
        {
            _waiting.Add(kept);
        }
    }

    /// <summary>Takes the next mixed rows.</summary>
    /// <param name="count">How many.</param>
    /// <param name="isLast">Whether fewer will do.</param>
    /// <returns>The rows; null when there are not enough.</returns>
    public RecordBatch? TryTake(int count, bool isLast)
    {
        if (_releasedCount == 0 || (_releasedCount < count && !isLast))
        {
            return null;
        }

        var rows = new (int, int)[Math.Min(count, _releasedCount)];
        var (batch, row) = (0, _releasedStart);
        for (var i = 0; i < rows.Length; i++)
        {
            while (row == _released[batch].Length)
            {
                (batch, row) = (batch + 1, 0);
            }

            rows[i] = (batch, row++);
        }

        var taken = RowGather.Gather(schema, _released, rows);
        _released.Take(batch).ToList().ForEach(b => b.Dispose());
        _released.RemoveRange(0, batch);
        _releasedStart = row;
        _releasedCount -= rows.Length;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _waiting.ForEach(b => b.Dispose());
        _released.ForEach(b => b.Dispose());
    }
}
