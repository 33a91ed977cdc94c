namespace Mlp.Features.Online;

/// <summary>Pushed rows that wait for the offline store, per view in order of sequence. Thread-safe.</summary>
internal sealed class PushedRows
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, Queue<PushedFrame>> _frames = [];
    private readonly Dictionary<uint, long> _counts = [];

    /// <summary>Number of rows of all views that wait.</summary>
    internal long Count
    {
        get
        {
            lock (_gate)
            {
                return _counts.Values.Sum();
            }
        }
    }

    /// <summary>The oldest segment of the write-ahead log that is still needed; <see cref="long.MaxValue"/> if none.</summary>
    internal long OldestSegment
    {
        get
        {
            lock (_gate)
            {
                return _frames.Values.Where(queue => queue.Count > 0).Select(queue => queue.Peek().Segment).DefaultIfEmpty(long.MaxValue).Min();
            }
        }
    }

    /// <summary>Adds rows behind those of the view.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="frame">The rows.</param>
    /// <returns>How many rows of the view wait now.</returns>
    internal long Add(uint viewId, PushedFrame frame)
    {
        lock (_gate)
        {
            if (!_frames.TryGetValue(viewId, out var queue))
            {
                _frames.Add(viewId, queue = new Queue<PushedFrame>());
            }

            queue.Enqueue(frame);
            return _counts[viewId] = _counts.GetValueOrDefault(viewId) + frame.Count;
        }
    }

    /// <summary>Puts the rows of a view under another number, under which none wait yet. Nobody is between <see cref="Peek"/> and <see cref="Remove"/> then.</summary>
    /// <param name="from">The number so far.</param>
    /// <param name="to">The number from now on.</param>
    internal void Move(uint from, uint to)
    {
        lock (_gate)
        {
            if (_frames.Remove(from, out var frames) && _counts.Remove(from, out var count))
            {
                _frames.Add(to, frames);
                _counts.Add(to, count);
            }
        }
    }

    /// <summary>The views of which so many rows wait.</summary>
    /// <param name="minimum">Number of rows, at least 1.</param>
    internal List<uint> ViewsWith(long minimum)
    {
        lock (_gate)
        {
            return [.. _counts.Where(pair => pair.Value >= minimum).Select(pair => pair.Key)];
        }
    }

    /// <summary>Sequence of the last row of a view that waits; <see cref="long.MinValue"/> if none does.</summary>
    /// <param name="viewId">Number of the view.</param>
    internal long LastSequenceOf(uint viewId)
    {
        lock (_gate)
        {
            return _frames.TryGetValue(viewId, out var frames) && frames.Count > 0 ? frames.Last().LastSequence : long.MinValue;
        }
    }

    /// <summary>The first rows of a view; they stay until <see cref="Remove"/>.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="maximum">About how many rows; at least one frame.</param>
    /// <param name="through">Frames that begin behind this sequence are left out.</param>
    internal List<PushedFrame> Peek(uint viewId, long maximum, long through = long.MaxValue)
    {
        var frames = new List<PushedFrame>();
        lock (_gate)
        {
            var count = 0L;
            foreach (var frame in _frames[viewId])
            {
                if ((count > 0 && count + frame.Count > maximum) || frame.FirstSequence > through)
                {
                    break;
                }

                count += frame.Count;
                frames.Add(frame);
            }
        }

        return frames;
    }

    /// <summary>Removes the first frames of a view, which are in the offline store.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="frames">What <see cref="Peek"/> returned.</param>
    internal void Remove(uint viewId, List<PushedFrame> frames)
    {
        lock (_gate)
        {
            foreach (var frame in frames)
            {
                _frames[viewId].Dequeue();
                _counts[viewId] -= frame.Count;
            }
        }
    }
}
