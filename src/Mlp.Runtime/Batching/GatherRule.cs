namespace Mlp.Runtime.Batching;

/// <summary>
/// Decides how many lanes run at once where calls are gathered, and how long a free lane lets others go first, so that callers who are on their way back join its batch. It never waits for a time to pass: each look comes after others have had
/// the processor, looks that find nobody new end the wait, and so does the time that the larger batch could save by the curve. Called under the batcher's lock.
/// </summary>
/// <param name="settings">The settings.</param>
/// <param name="curve">What runs take.</param>
internal sealed class GatherRule(BatchingSettings settings, CostCurve curve)
{
    /// <summary>An answered caller needs a turn to go on and one to call again.</summary>
    public const int PoolTurns = 3;

    /// <summary>Threads that have been woken run on other processors meanwhile, and one yield of this one is short.</summary>
    public const int ThreadTurns = 8;

    /// <summary>Whatever the clock says: one of a test may stand still.</summary>
    private const int MostLooks = 64;

    private int _looks;
    private int _vainLooks;
    private int _seen;
    private long _since;

    /// <summary>Runs that go on at once while calls are gathered.</summary>
    public int LaneCount { get; private set; } = settings.LaneCount;

    /// <summary>
    /// Divides the processors between running rows and what a call costs beside its run, in proportion to what both take. Lanes beyond that would take the processors from the callers, and
    /// calls from each other's batches: where a row takes 1 us and its call another one, one of two processors runs batches, and where a row takes 30 us both do.
    /// </summary>
    /// <param name="peak">Calls that have been here at once lately.</param>
    /// <param name="handling">What a call costs beside its run, nanoseconds.</param>
    public void Divide(int peak, double handling)
    {
        var rowCount = Math.Clamp(peak, 1, settings.MaximumBatchSize);
        var run = (double)curve.Estimate(rowCount) / rowCount;
        LaneCount = run + handling > 0 ? Math.Clamp((int)Math.Round(settings.LaneCount * run / (run + handling)), 1, settings.LaneCount) : settings.LaneCount;
    }

    /// <summary>Runs that may go on at once now: all that there are for a full batch, and where the first call could not wait for one batch before its own.</summary>
    /// <param name="waiting">Calls that wait.</param>
    /// <param name="timeLeft">Time until the deadline of the first one, nanoseconds.</param>
    public int LaneLimit(int waiting, long timeLeft)
        => waiting >= settings.MaximumBatchSize || timeLeft < 2 * curve.Estimate(settings.MaximumBatchSize) ? settings.LaneCount : LaneCount;

    /// <summary>
    /// Calls that the next batch shall have: one part of those that are here, less those that run. There are as many parts as processors, also where fewer lanes run: while one part is in a batch, another one is answered
    /// and calls again, so that neither waits for the other.
    /// </summary>
    /// <param name="peak">Calls that have been here at once lately.</param>
    /// <param name="rowsRunning">Rows in batches that run.</param>
    public int Expect(int peak, int rowsRunning)
    {
        var share = (peak + settings.LaneCount - 1) / settings.LaneCount;
        return Math.Min(settings.MaximumBatchSize, Math.Min(share, peak - rowsRunning));
    }

    /// <summary>Takes a look.</summary>
    /// <param name="waiting">Calls that wait, from 1.</param>
    /// <param name="expected">Calls that are expected (<see cref="Expect"/>).</param>
    /// <param name="timeLeft">Time until the deadline of the first call, nanoseconds.</param>
    /// <param name="now">Nanoseconds of the batcher's clock.</param>
    /// <param name="turns">Looks in vain before the batch goes.</param>
    /// <returns>Whether others shall go first once more.</returns>
    public bool ShouldWait(int waiting, int expected, long timeLeft, long now, int turns)
    {
        if (waiting >= expected)
        {
            return false;
        }

        _since = _looks == 0 ? now : _since;
        _vainLooks = _looks > 0 && waiting <= _seen ? _vainLooks + 1 : 0;
        _seen = waiting;
        return ++_looks < MostLooks && _vainLooks < turns && now - _since < Saving(waiting, expected) && timeLeft > curve.Estimate(expected) + curve.Estimate(1);
    }

    /// <summary>Begins anew for the next batch.</summary>
    public void Restart() => (_looks, _vainLooks, _seen) = (0, 0, 0);

    /// <summary>What all rows of the larger batch cost less than in batches of those that wait, nanoseconds; it is never worth more to wait for them.</summary>
    private double Saving(int waiting, int expected) => ((double)curve.Estimate(waiting) / waiting * expected) - curve.Estimate(expected);
}
