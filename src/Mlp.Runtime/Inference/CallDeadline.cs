namespace Mlp.Runtime.Inference;

/// <summary>The deadline of one call after another: one source of cancellation, used again where no deadline has passed. Not thread-safe.</summary>
internal sealed class CallDeadline(TimeProvider time) : IDisposable
{
    private static readonly Action<object?> CancelSource = static source => ((CancellationTokenSource)source!).Cancel();

    private CancellationTokenSource? _source;
    private CancellationTokenRegistration _caller;
    private bool _isRunning;

    /// <summary>Begins a call.</summary>
    /// <param name="remaining">Time that it still has; null for any.</param>
    /// <param name="caller">The caller's token.</param>
    /// <returns>A token that is cancelled by the caller or when the time is up.</returns>
    public CancellationToken Start(TimeSpan? remaining, CancellationToken caller)
    {
        if (remaining is not { } left)
        {
            return caller;
        }

        _source ??= new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _isRunning = true;
        if (left <= TimeSpan.Zero)
        {
            _source.Cancel();
        }
        else
        {
            _source.CancelAfter(left);
        }

        _caller = caller.UnsafeRegister(CancelSource, _source);
        return _source.Token;
    }

    /// <summary>Ends the call.</summary>
    public void Stop()
    {
        if (!_isRunning)
        {
            return;
        }

        _isRunning = false;
        _caller.Dispose();
        if (!_source!.TryReset())
        {
            _source.Dispose();
            _source = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _source?.Dispose();
}
