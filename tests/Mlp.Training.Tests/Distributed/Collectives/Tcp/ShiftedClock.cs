using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>The system's clock, which a test sets forward: limits that stood far off are over then, and until then nobody who is slow misses one.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private long _shift;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _shift);

    /// <summary>Sets it forward. Timers go by the system's clock all the same.</summary>
    public void Shift(TimeSpan by) => Interlocked.Add(ref _shift, (long)(by.TotalSeconds * TimestampFrequency));

    /// <summary>Sets it forward when ranks have begun a call.</summary>
    /// <param name="groups">The ranks that come to the call.</param>
    /// <param name="call">Its number in the group.</param>
    /// <param name="by">How far.</param>
    /// <returns>The thread that waits for them.</returns>
    public Thread ShiftWhenBegun(IEnumerable<ProcessGroup> groups, long call, TimeSpan by)
    {
        var ends = groups.Select(g => (TcpBackend)g.End).ToList();
        var thread = new Thread(() =>
        {
            if (SpinWait.SpinUntil(() => ends.TrueForAll(e => e.BegunCount > call), Patience))
            {
                Shift(by);
            }
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }
}
