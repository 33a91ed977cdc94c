namespace Mlp.Runtime.Inference;

/// <summary>Waits for a model, so that whoever gives up hears why it is not ready.</summary>
public static class ModelReadiness
{
    /// <summary>Waits until a version is in service, but not for ever: a mistyped alias never comes to exist.</summary>
    /// <param name="model">The model.</param>
    /// <param name="timeout">The longest wait; beyond 24 days it is without end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that completes when the model can be called.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="ModelNotReadyException">The time is over, the wanted version is refused for good, or the platform was closed; the message says why the model is not ready.</exception>
    public static async Task WaitUntilReadyAsync(this IModel model, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "Expected a time to wait, or Timeout.InfiniteTimeSpan, but found a negative one.");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (timeout.TotalMilliseconds < int.MaxValue)
        {
            deadline.CancelAfter(timeout);
        }

        try
        {
            await model.WaitUntilReadyAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModelNotReadyException(model.Name, FormattableString.Invariant($"it is not after {timeout.TotalSeconds:0.###} s: {model.UnavailableReason ?? "it has just been loaded"}"));
        }
    }

    /// <summary>Waits for a task and says, where the caller gives up, what it was waiting for.</summary>
    /// <param name="ready">Completes when the model is ready.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task WaitAsync(Task ready, IModel model, CancellationToken cancellationToken)
    {
        try
        {
            await ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException($"The wait for model '{model.Name}' was cancelled while it was not ready: {model.UnavailableReason ?? "it has just been loaded"}.", e, cancellationToken);
        }
    }
}
