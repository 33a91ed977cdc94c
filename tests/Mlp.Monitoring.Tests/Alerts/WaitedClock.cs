using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Mlp.Monitoring.Tests.Alerts;

/// <summary>A clock that a test can let go on by just what somebody waits for: what happens between two waits takes no time, however long the machine needs for it.</summary>
internal sealed class WaitedClock(DateTimeOffset now) : FakeTimeProvider(now)
{
    /// <summary>Longer waits are those of rounds and time limits, which a test advances to by itself.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly ConcurrentQueue<TimeSpan> _waits = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero && dueTime <= LongestWait)
        {
            _waits.Enqueue(dueTime);
        }

        return timer;
    }

    /// <summary>Lets the next wait pass, if there is one. A delay is cut to milliseconds, so a millisecond more.</summary>
    public void GoOn()
    {
        if (_waits.TryDequeue(out var wait))
        {
            Advance(wait + TimeSpan.FromMilliseconds(1));
        }
    }
}
