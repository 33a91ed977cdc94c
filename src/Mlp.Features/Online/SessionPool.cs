using System.Collections.Concurrent;

namespace Mlp.Features.Online;

/// <summary>
/// Sessions that wait for their next caller: one slot per processor, which costs one exchange and no allocation, and a queue behind them. Once it is closed it gives out none, and closes those that come back. Thread-safe.
/// </summary>
/// <typeparam name="T">Session.</typeparam>
/// <param name="owner">Who is closed when the pool is, for the exception.</param>
/// <param name="create">Makes a session when none is free.</param>
/// <param name="close">Closes one; null when there is nothing to close.</param>
internal sealed class SessionPool<T>(Type owner, Func<T> create, Action<T>? close = null)
    where T : class
{
    // How long sessions that are rented are waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(20);

    private readonly Slot[] _slots = new Slot[Environment.ProcessorCount];
    private readonly ConcurrentQueue<T> _rest = new();
    private readonly object _returned = new();
    private volatile bool _isClosed;
    private int _open;

    /// <summary>Takes a session.</summary>
    /// <exception cref="ObjectDisposedException">The pool is closed.</exception>
    internal T Rent()
    {
        ObjectDisposedException.ThrowIf(_isClosed, owner);
        ref var slot = ref _slots[Thread.GetCurrentProcessorId() % _slots.Length].Session;
        var session = Interlocked.Exchange(ref slot, null) ?? (_rest.TryDequeue(out var waiting) ? waiting : Steal() ?? Create());
        if (_isClosed)
        {
            // The pool was closed meanwhile, and its closing waits for this one to go.
            Return(session);
            ObjectDisposedException.ThrowIf(_isClosed, owner);
        }

        return session;
    }

    /// <summary>Gives a session back.</summary>
    /// <param name="session">The session.</param>
    internal void Return(T session)
    {
        if (_isClosed)
        {
            close?.Invoke(session);
            lock (_returned)
            {
                _open--;
                Monitor.PulseAll(_returned);
            }

            return;
        }

        ref var slot = ref _slots[Thread.GetCurrentProcessorId() % _slots.Length].Session;
        if (Interlocked.CompareExchange(ref slot, session, null) is not null)
        {
            _rest.Enqueue(session);
        }
    }

    /// <summary>Gives out no more sessions and closes all; those that are rented are waited for, for a while, and closed when they come back.</summary>
    /// <returns>Whether all are closed.</returns>
    internal bool Close()
    {
        _isClosed = true;
        var started = System.Diagnostics.Stopwatch.StartNew();
        lock (_returned)
        {
            while (true)
            {
                while (Steal() is { } session || _rest.TryDequeue(out session))
                {
                    close?.Invoke(session);
                    _open--;
                }

                // Who gave one back at the moment of closing may have put it among the waiting ones, so they are looked at again now and then.
                if (_open == 0 || started.Elapsed > Patience)
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
