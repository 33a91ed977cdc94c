using System.Text;
using Mlp.Monitoring.Sampling;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// The callers' side of a log: predictions on their way to the disk, in a few rings of memory that is allocated once. Putting is safe for many threads; one thread takes.
/// </summary>
internal sealed class RecordBuffer
{
    /// <summary>Predictions that are taken at once: so few that they stay in the nearest cache while they are read column by column.</summary>
    private const int TileRows = 64;

    private readonly RecordFormat _format;
    private readonly PredictionSampler? _sampler;
    private readonly Action? _onFilling;
    private readonly LogCounters _counters;
    private readonly RecordRing[] _rings;
    private readonly int _stripeMask;
    private readonly int[] _bodies = new int[TileRows];
    private readonly int[] _leftOut = new int[TileRows];
    private byte[][] _variants = [];
    private bool _isWatched;

    /// <summary>Allocates the rings.</summary>
    /// <param name="format">How a prediction lies in a ring.</param>
    /// <param name="byteCount">Bytes of all rings together, about.</param>
    /// <param name="sampler">Says what is left out; null for nothing.</param>
    /// <param name="isWatched">Whether somebody wants to see what is left out.</param>
    /// <param name="onFilling">Told by a caller when another quarter of a ring begins to fill; must not wait.</param>
    /// <param name="ringCount">Number of rings, a power of two; null for as many as there are processors, up to 8.</param>
    public RecordBuffer(RecordFormat format, int byteCount, PredictionSampler? sampler = null, bool isWatched = false, Action? onFilling = null, int? ringCount = null)
    {
        _onFilling = onFilling;
        _format = format;
        _sampler = sampler;
        _isWatched = isWatched;
        var stripes = ringCount ?? (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 8));
        _stripeMask = stripes - 1;
        _rings = [.. Enumerable.Range(0, stripes).Select(_ => new RecordRing(byteCount / stripes))];
        _counters = new LogCounters(stripes);
    }

    /// <summary>What was dropped, left out and, by the one that takes, written, and what of the accepted did not come into a ring.</summary>
    public LogCounters Counters => _counters;

    /// <summary>The counts now. What ended is read before what began, so that pending is never negative.</summary>
    public LogStatistics Snapshot(string model, int version)
    {
        var counts = _counters.Snapshot(model, version);
        return counts with { Accepted = counts.Accepted + _rings.Sum(ring => ring.ClaimCount) };
    }

    /// <summary>Whether a ring is more than a quarter full.</summary>
    public bool IsFilling => Array.Exists(_rings, ring => (ring.Tail - ring.Head) * sizeof(long) > ring.Capacity / 4);

    /// <summary>Gives a variant its index. Not on the request path.</summary>
    public int AddVariant(string variant)
    {
        var name = Encoding.UTF8.GetBytes(variant);
        lock (_rings)
        {
            var index = Array.FindIndex(_variants, v => v.AsSpan().SequenceEqual(name));
            if (index < 0)
            {
                index = _variants.Length;
                Volatile.Write(ref _variants, [.. _variants, name]);
            }

            return index;
        }
    }

    /// <summary>Copies a prediction, unless it is left out and nobody watches. Never throws, never waits, never allocates.</summary>
    /// <param name="record">The prediction.</param>
    /// <param name="variant">What <see cref="AddVariant"/> gave.</param>
    public void Put(in PredictionRecord record, int variant)
    {
        var stripe = Thread.GetCurrentProcessorId() & _stripeMask;
        try
        {
            if (!_format.Fits(record))
            {
                Refuse(stripe, DropReason.LayoutMismatch);
                return;
            }

            var weight = _sampler?.Decide(record) ?? 1;
            if (weight == 0 && !Volatile.Read(ref _isWatched))
            {
                _counters.Accept(stripe);
                _counters.LeaveOut(stripe);
                return;
            }

            var length = _format.Measure(record);
            if (length > _rings[stripe].MaximumBodyLength)
            {
                Refuse(stripe, DropReason.TooLarge);
            }
            else if (!TryPut(record, variant, weight, stripe, (int)length))
            {
                Refuse(stripe, _rings[stripe].IsSealed ? DropReason.Closed : DropReason.BufferFull);
            }
        }
#pragma warning disable CA1031 // Monitoring never breaks the host: whatever is wrong with a record, its prediction stands.
        catch (Exception)
#pragma warning restore CA1031
        {
            Refuse(stripe, DropReason.LayoutMismatch);
        }
    }

    /// <summary>Nobody wants to see what is left out any more.</summary>
    public void EndWatch() => Volatile.Write(ref _isWatched, false);

    /// <summary>Takes nothing more in.</summary>
    public void Seal() => Array.ForEach(_rings, ring => ring.Seal());

    /// <summary>A mark behind everything that was put before the call.</summary>
    public long[] Mark() => Array.ConvertAll(_rings, ring => ring.Tail);

    /// <summary>Moves predictions into batches until one is full or everything before a mark is taken.</summary>
    /// <param name="batch">Where those go that are kept.</param>
    /// <param name="leftOut">Where those go that are left out; null where none are in the rings.</param>
    /// <param name="mark">What <see cref="Mark"/> gave.</param>
    /// <param name="mustComplete">Whether to wait for a caller who is in the middle of its copy; otherwise what lies behind it is left.</param>
    /// <returns>Whether a batch became full before.</returns>
    public bool TakeInto(PredictionBatch batch, PredictionBatch? leftOut, long[] mark, bool mustComplete)
    {
        var variants = Volatile.Read(ref _variants);
        for (var i = 0; i < _rings.Length; i++)
        {
            var ring = _rings[i];
            var wait = default(SpinWait);
            while (ring.Head < mark[i])
            {
                if (batch.IsFull || leftOut is { IsFull: true })
                {
                    return true;
                }

                var count = ring.Peek(_bodies, mark[i], out var next);
                if (next > ring.Head)
                {
                    Append(ring.Memory, _bodies.AsSpan(0, count), batch, leftOut, variants);
                    ring.Take(next);
                }
                else if (mustComplete)
                {
                    // The copy needs some hundred nanoseconds of a processor.
                    wait.SpinOnce();
                }
                else
                {
                    break;
                }
            }
        }

        return false;
    }

    private void Append(ReadOnlySpan<byte> memory, Span<int> bodies, PredictionBatch batch, PredictionBatch? leftOut, ReadOnlySpan<byte[]> variants)
    {
        if (leftOut is null)
        {
            batch.Append(memory, bodies, variants);
            return;
        }

        var (kept, others) = (0, 0);
        foreach (var body in bodies)
        {
            if (RecordFormat.IsLeftOut(memory, body))
            {
                _leftOut[others++] = body;
            }
            else
            {
                bodies[kept++] = body;
            }
        }

        batch.Append(memory, bodies[..kept], variants);
        leftOut.Append(memory, _leftOut.AsSpan(0, others), variants);
    }

    private bool TryPut(in PredictionRecord record, int variant, double weight, int stripe, int length)
    {
        for (var i = 0; i < _rings.Length; i++)
        {
            var ring = _rings[(stripe + i) & _stripeMask];
            if (!ring.TryClaim(length, out var claim, out var body))
            {
                continue;
            }

            try
            {
                _format.Write(record, variant, weight, body);
            }
#pragma warning disable CA1031 // As above; but the claim counts as accepted already.
            catch (Exception)
#pragma warning restore CA1031
            {
                ring.Abandon(claim, length);
                _counters.Drop(stripe, DropReason.LayoutMismatch);
                return true;
            }

            ring.Commit(claim, length);
            if (ring.EntersQuarter(claim, length))
            {
                _onFilling?.Invoke();
            }

            return true;
        }

        return false;
    }

    /// <summary>Counts a prediction that did not get into a ring.</summary>
    private void Refuse(int stripe, DropReason reason)
    {
        _counters.Accept(stripe);
        _counters.Drop(stripe, reason);
    }
}
