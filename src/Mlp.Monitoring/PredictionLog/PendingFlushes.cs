using System.Collections.Concurrent;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Those who wait for what they recorded to be on the device. Adding is safe for many threads; one thread takes.</summary>
/// <param name="model">Name of the model, for messages.</param>
/// <param name="version">Its version.</param>
internal sealed class PendingFlushes(string model, int version)
{
    private readonly ConcurrentQueue<TaskCompletionSource> _waiting = new();

    /// <summary>Adds one.</summary>
    /// <returns>Completes with it.</returns>
    public Task Add()
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(flush);
        return flush.Task;
    }

    /// <summary>Takes those that wait now.</summary>
    public List<TaskCompletionSource> Take()
    {
        var taken = new List<TaskCompletionSource>();
        while (_waiting.TryDequeue(out var flush))
        {
            taken.Add(flush);
        }

        return taken;
    }

    /// <summary>Answers those that were taken.</summary>
    /// <param name="flushes">What <see cref="Take"/> gave.</param>
    /// <param name="failure">Why not everything was written, or null.</param>
    public void Complete(List<TaskCompletionSource> flushes, Exception? failure)
    {
        foreach (var flush in flushes)
        {
            if (failure is null)
            {
                flush.TrySetResult();
            }
            else
            {
                flush.TrySetException(new IOException($"The pending predictions of model '{model}' version {version} could not be written and were dropped: {failure.Message}", failure));
            }
        }
    }
}
