using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>
/// Measures the calls of one group for the replica that makes them. Calls of a group come one after the other, so this needs no lock; what it has added up is taken between steps, when none is under way.
/// </summary>
/// <param name="watch">The replica's watch.</param>
/// <param name="group">The group.</param>
internal sealed class GroupWatch(StepWatch watch, ProcessGroup group) : ICollectiveObserver, IDisposable
{
    private readonly long[] _waits = new long[group.WorldSize];
    private long _began;
    private long _met;
    private long _byteCount;
    private int _lastRank;
    private long _longestWait;
    private int _longestRank = -1;
    private long _direct;
    private long _transfer;
    private long _bytes;
    private long _waited;

    /// <summary>Begins to watch.</summary>
    public GroupWatch Attach()
    {
        group.Attach(this);
        return this;
    }

    /// <inheritdoc/>
    public void Begun(in CollectiveCall call, long byteCount)
    {
        (_byteCount, _met, _lastRank) = (byteCount, 0, -1);
        _began = watch.Now();
    }

    /// <inheritdoc/>
    public void Met(in CollectiveCall call, int lastRank) => (_met, _lastRank) = (watch.Now(), lastRank);

    /// <inheritdoc/>
    public void Ended(in CollectiveCall call, Exception? failure)
    {
        if (_began == 0)
        {
            return;
        }

        var (now, isExchange) = (watch.Now(), call.InBackground || watch.WaitsSince != 0);
        if (watch.IsInStep)
        {
            _bytes += _byteCount;
            _transfer += now - (_met == 0 ? _began : _met);
            _direct += isExchange ? 0 : now - _began;
            if (_met != 0)
            {
                AddWait(isExchange);
            }
        }

        watch.Tell(call, _began, _met, now, _lastRank, _byteCount);
        _began = 0;
    }

    /// <summary>Gives what has come together in a step, and begins anew.</summary>
    /// <param name="figures">Receives it.</param>
    /// <param name="secondsPerTick">Length of a tick of the clock.</param>
    /// <param name="longest">The longest wait of the step so far, in ticks, and for whom.</param>
    /// <returns>Time of calls that the replica's thread made beside the exchange of gradients, in ticks.</returns>
    public long Take(StepFigures figures, double secondsPerTick, ref (long Ticks, int Rank) longest)
    {
        figures.Bytes += _bytes;
        figures.WaitSeconds += _waited * secondsPerTick;
        figures.TransferSeconds += _transfer * secondsPerTick;
        for (var rank = 0; rank < _waits.Length; rank++)
        {
            figures.ByLastRank[rank] += _waits[rank] * secondsPerTick;
        }

        if (_longestWait > longest.Ticks)
        {
            longest = (_longestWait, _longestRank);
        }

        var direct = _direct;
        Array.Clear(_waits);
        (_bytes, _waited, _transfer, _direct, _longestWait, _longestRank) = (0, 0, 0, 0, 0, -1);
        return direct;
    }

    /// <inheritdoc/>
    public void Dispose() => group.Detach(this);

    // Of a wait in the background only that part counts in which the replica's thread waited too.
    private void AddWait(bool isExchange)
    {
        var since = watch.WaitsSince;
        var wait = !isExchange ? _met - _began : since == 0 ? 0 : _met - Math.Max(since, _began);
        if (_lastRank == group.Rank || wait <= 0)
        {
            return;
        }

        _waited += wait;
        if (_lastRank < 0)
        {
            return;
        }

        _waits[_lastRank] += wait;
        if (wait > _longestWait)
        {
            (_longestWait, _longestRank) = (wait, _lastRank);
        }
    }
}
