namespace Mlp.Training.Networks;

/// <summary>Counts who uses a thing, so that it is freed when it was disposed of and the last use has ended. Thread-safe.</summary>
/// <param name="owner">Whose thing it is, for messages.</param>
/// <param name="free">Frees the thing; called once.</param>
internal sealed class UseCounter(object owner, Action free) : IDisposable
{
    private readonly Lock _gate = new();
    private int _users;
    private bool _isDisposed;

    /// <summary>Uses the thing, which is not freed meanwhile.</summary>
    /// <param name="work">The use.</param>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public T Use<T>(Func<T> work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, owner);
            _users++;
        }

        try
        {
            return work();
        }
        finally
        {
            bool isLast;
            lock (_gate)
            {
                isLast = --_users == 0 && _isDisposed;
            }

            if (isLast)
            {
                free();
            }
        }
    }

    /// <summary>Admits no further use, and frees the thing if nobody uses it; else the last user does.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            if (_users > 0)
            {
                return;
            }
        }

        free();
    }
}
