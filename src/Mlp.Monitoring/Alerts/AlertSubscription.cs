using System.Threading.Channels;

namespace Mlp.Monitoring.Alerts;

/// <summary>
/// The alerts that fire and resolve from now on, for code that shall act on them: a pipeline that trains again, a page that is updated. It ends when it is disposed of, or when the platform closes.
/// One reader at a time; <see cref="MissedCount"/> and <see cref="Dispose"/> are thread-safe.
/// </summary>
public sealed class AlertSubscription : IAsyncEnumerable<Alert>, IDisposable
{
    private readonly Channel<Alert> _channel;
    private readonly Action<AlertSubscription> _leave;
    private long _missed;

    internal AlertSubscription(int bufferLength, Action<AlertSubscription> leave)
    {
        // Not one that drops by itself: that would say true for what it has dropped.
        _channel = Channel.CreateBounded<Alert>(new BoundedChannelOptions(bufferLength) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _leave = leave;
    }

    /// <summary>Alerts that came while the buffer was full, and that this subscriber will not see.</summary>
    public long MissedCount => Volatile.Read(ref _missed);

    /// <inheritdoc/>
    public IAsyncEnumerator<Alert> GetAsyncEnumerator(CancellationToken cancellationToken = default) => _channel.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _leave(this);
        End();
    }

    /// <summary>Hands over an alert, or counts it as missed.</summary>
    /// <returns>Whether it was handed over.</returns>
    internal bool Offer(Alert alert)
    {
        if (_channel.Writer.TryWrite(alert))
        {
            return true;
        }

        Interlocked.Increment(ref _missed);
        return false;
    }

    /// <summary>No alert comes any more; those in the buffer can still be read.</summary>
    internal void End() => _channel.Writer.TryComplete();
}
