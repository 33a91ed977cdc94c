using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Where the time of a call went. Taken of one call in <see cref="Interval"/> of a slot, its first among them: the clock is read once more for the run, and twice for features. Belongs to a slot; not thread-safe.
/// </summary>
internal sealed class CallTiming
{
    /// <summary>Calls of a slot of which one is taken.</summary>
    public const int Interval = 32;

    private const long NotTaken = long.MinValue;

    private int _calls;
    private long _readStarted = NotTaken;
    private long _readEnded = NotTaken;
    private long _runStarted = NotTaken;

    /// <summary>Whether the times of this call are taken.</summary>
    public bool IsTaken { get; private set; } = true;

    /// <summary>The reading of features begins.</summary>
    /// <param name="timestamp">Timestamp of the clock.</param>
    public void StartRead(long timestamp) => _readStarted = timestamp;

    /// <summary>The reading of features has ended.</summary>
    /// <param name="timestamp">Timestamp of the clock.</param>
    public void EndRead(long timestamp) => _readEnded = timestamp;

    /// <summary>The run begins.</summary>
    /// <param name="timestamp">Timestamp of the clock.</param>
    public void StartRun(long timestamp) => _runStarted = timestamp;

    /// <summary>The parts of the call, once: what the slot does after that in the same call is not taken.</summary>
    /// <param name="clock">The clock of the timestamps.</param>
    /// <param name="started">When the call came in.</param>
    /// <param name="ended">When the run ended.</param>
    public Split Take(PredictionClock clock, long started, long ended)
    {
        if (!IsTaken)
        {
            return default;
        }

        IsTaken = false;
        long? features = _readStarted == NotTaken || _readEnded == NotTaken ? null : clock.NanosecondsBetween(_readStarted, _readEnded);
        return _runStarted == NotTaken
            ? new Split(features, null, null)
            : new Split(features, clock.NanosecondsBetween(started, _runStarted) - (features ?? 0), clock.NanosecondsBetween(_runStarted, ended));
    }

    /// <summary>The call is over.</summary>
    public void EndCall()
    {
        _calls = (_calls + 1) % Interval;
        IsTaken = _calls == 0;
        _readStarted = _readEnded = _runStarted = NotTaken;
    }

    /// <summary>The parts of a call, nanoseconds; null for what was not taken.</summary>
    /// <param name="Features">Reading features.</param>
    /// <param name="Queue">All else before the run: waiting for a slot and for a batch, and checks.</param>
    /// <param name="Run">The run.</param>
    public readonly record struct Split(long? Features, long? Queue, long? Run);
}
