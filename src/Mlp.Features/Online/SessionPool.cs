using System.Collections.Concurrent;

namespace Mlp.Features.Online;

/// <summary>Sessions that wait for their next caller: one slot per processor, which costs one exchange and no allocation, and a queue behind them. Thread-safe.</summary>
/// <typeparam name="T">Session.</typeparam>
/// <param name="create">Makes a session when none is free.</param>
internal sealed class SessionPool<T>(Func<T> create)
    where T : class
{
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(20);

    private readonly Slot[] _slots = new Slot[Environment.ProcessorCount];
    private readonly ConcurrentQueue<T> _rest = new();
    private readonly object _returned = new();
    private int _open;

    /// <summary>Takes a session.</summary>
    internal T Rent()
    {
        ref var slot = ref _slots[Thread.GetCurrentProcessorId() % _slots.Length].Session;
        return Interlocked.Exchange(ref slot, null) ?? (_rest.TryDequeue(out var session) ? session : Steal() ?? Create());
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

    /// <summary>A session that was rented has been closed instead of given back.</summary>
    internal void Forget()
    {
        lock (_returned)
        {
            _open--;
            Monitor.PulseAll(_returned);
        }
    }

    /// <summary>Closes all sessions, those that are rented when they come back.</summary>
    /// <param name="close">Closes one.</param>
    /// <param name="patience">How long to wait for those that are rented.</param>
    /// <returns>Whether all were closed.</returns>
    internal bool Close(Action<T> close, TimeSpan patience)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        lock (_returned)
        {
            while (true)
            {
                while (Steal() is { } session || _rest.TryDequeue(out session))
                {
                    close(session);
                    _open--;
                }

                // Who gave one back at the moment of closing may have put it among the waiting ones, so they are looked at again now and then.
                if (_open == 0 || started.Elapsed > patience)
                {
                    return _open == 0;
                }

                Monitor.Wait(_returned, Recheck);
            }
        }
    }

    private T Create()
    {
        lock (_returned)
        {
            _open++;
        }

        return create();
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
