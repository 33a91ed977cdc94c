using System.Collections.Concurrent;

namespace Mlp.Features.Online;

/// <summary>Sessions that wait for their next caller: one slot per processor, which costs one exchange and no allocation, and a queue behind them. Thread-safe.</summary>
/// <typeparam name="T">Session.</typeparam>
/// <param name="create">Makes a session when none is free.</param>
internal sealed class SessionPool<T>(Func<T> create)
    where T : class
{
    private readonly Slot[] _slots = new Slot[Environment.ProcessorCount];
    private readonly ConcurrentQueue<T> _rest = new();

    /// <summary>Takes a session.</summary>
    internal T Rent()
    {
        ref var slot = ref _slots[Thread.GetCurrentProcessorId() % _slots.Length].Session;
        return Interlocked.Exchange(ref slot, null) ?? (_rest.TryDequeue(out var session) ? session : Steal() ?? create());
    }

    /// <summary>Gives a session back.</summary>
    /// <param name="session">The session.</param>
    internal void Return(T session)
    {
        ref var slot = ref _slots[Thread.GetCurrentProcessorId() % _slots.Length].Session;
        if (Interlocked.CompareExchange(ref slot, session, null) is not null)
        {
            _rest.Enqueue(session);
        }
    }

    /// <summary>Takes all that wait.</summary>
    internal IEnumerable<T> Drain()
    {
        while (Steal() is { } session)
        {
            yield return session;
        }

        while (_rest.TryDequeue(out var session))
        {
            yield return session;
        }
    }

    private T? Steal()
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            if (Interlocked.Exchange(ref _slots[i].Session, null) is { } session)
            {
                return session;
            }
        }

        return null;
    }

    // A cache line each, so that processors do not fight over neighbours.
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential, Size = 64)]
    private struct Slot
    {
        internal T? Session;
    }
}
