using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// Scores a stream of record batches with one version: some at once, answers in order. It brings slots of its own, so that it neither takes those of other callers nor is ended by a version
/// that takes over. Not thread-safe: one enumeration.
/// </summary>
internal sealed class StreamScorer : IDisposable
{
    private readonly BatchScorer _scorer;
    private readonly ConcurrentBag<InferenceSlot> _idle;
    private readonly int _parallelism;

    private StreamScorer(ServingVersion version, ConcurrentBag<InferenceSlot> slots)
    {
        Version = version;
        _scorer = version.Tables;
        _idle = slots;
        _parallelism = slots.Count;
    }

    /// <summary>The version that all batches are scored with.</summary>
    public ServingVersion Version { get; }

    /// <summary>Pins a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="parallelism">Batches at once.</param>
    /// <returns>The scorer, or null if the version has just left service.</returns>
    public static StreamScorer? TryCreate(ServingVersion version, int parallelism)
    {
        var slots = new ConcurrentBag<InferenceSlot>();
        for (var i = 0; i < parallelism; i++)
        {
            if (version.TryCreateBatchSlot() is not { } slot)
            {
                DisposeOf(slots);
                return null;
            }

            slots.Add(slot);
        }

        return new StreamScorer(version, slots);
    }

    /// <summary>Scores the stream. Ends by disposing of every batch that was read and not handed out.</summary>
    /// <param name="batches">The tables; each is disposed of here.</param>
    /// <param name="options">What results hold.</param>
    /// <param name="firstRow">What the first row is in what the caller passed, for messages.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public async IAsyncEnumerable<RecordBatch> ScoreAsync(
        IAsyncEnumerable<RecordBatch> batches, ScoringOptions options, long firstRow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failed = new TaskCompletionSource<RecordBatch>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = new Queue<Task<RecordBatch>>();
        var source = batches.GetAsyncEnumerator(ending.Token);
        Task<bool>? reading = null;
        var isEnded = false;
        try
        {
            while (true)
            {
                if (!isEnded && reading is null && running.Count < _parallelism)
                {
                    reading = source.MoveNextAsync().AsTask();
                }

                if (running.Count == 0 && reading is null)
                {
                    yield break;
                }

                var next = await NextAsync(reading, running, failed.Task, cancellationToken).ConfigureAwait(false);
                if (next == failed.Task)
                {
                    await failed.Task.ConfigureAwait(false);
                }
                else if (next == reading)
                {
                    reading = null;
                    isEnded = !await ((Task<bool>)next).ConfigureAwait(false);
                    if (!isEnded)
                    {
                        var batch = source.Current;
                        running.Enqueue(Start(batch, options, firstRow, failed, ending.Token, cancellationToken));
                        firstRow += batch.Length;
                    }
                }
                else
                {
                    yield return await running.Dequeue().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await EndAsync(source, reading, running).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeOf(_idle);

    /// <summary>Waits for whatever comes first: a failure, the answer whose turn it is, or another batch.</summary>
    private async ValueTask<Task> NextAsync(Task<bool>? reading, Queue<Task<RecordBatch>> running, Task failed, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await FirstAsync(reading, running, failed, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw CallCancellation.Explain(Version.Where, e, cancellationToken, CallStage.Run);
        }
    }

    private static async ValueTask<Task> FirstAsync(Task<bool>? reading, Queue<Task<RecordBatch>> running, Task failed, CancellationToken cancellationToken)
    {
        var turn = running.Count > 0 ? running.Peek() : null;
        var first = failed.IsCompleted ? failed : turn is { IsCompleted: true } ? turn : reading is { IsCompleted: true } ? reading : null;
        if (first is not null)
        {
            return first;
        }

        var any = (reading, turn) switch
        {
            (null, not null) => Task.WhenAny(failed, turn),
            (not null, null) => Task.WhenAny(failed, reading),
            _ => Task.WhenAny(failed, turn!, reading!),
        };
        return await any.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task<RecordBatch> Start(
        RecordBatch batch, ScoringOptions options, long firstRow, TaskCompletionSource<RecordBatch> failed, CancellationToken ending, CancellationToken caller)
    {
        // Started whatever the token says, because the batch is disposed of there.
        return Task.Run(Score, CancellationToken.None);

        RecordBatch Score()
        {
            // There are as many slots as batches at once.
            _idle.TryTake(out var slot);
            try
            {
                return _scorer.Score(_scorer.PlanFor(batch.Schema, options), batch, firstRow, slot!, ending);
            }
            catch (OperationCanceledException e) when (caller.IsCancellationRequested)
            {
                // The caller knows his own token only.
                var cancelled = new OperationCanceledException(e.Message, e.InnerException, caller);
                failed.TrySetException(cancelled);
                throw cancelled;
            }
            catch (Exception e)
            {
                failed.TrySetException(e);
                throw;
            }
            finally
            {
                batch.Dispose();
                _idle.Add(slot!);
            }
        }
    }

    private static async Task EndAsync(IAsyncEnumerator<RecordBatch> source, Task<bool>? reading, Queue<Task<RecordBatch>> running)
    {
        foreach (var task in running)
        {
            await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (task.IsCompletedSuccessfully)
            {
                (await task.ConfigureAwait(false)).Dispose();
            }
        }

        if (reading is not null)
        {
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (reading.IsCompletedSuccessfully && await reading.ConfigureAwait(false))
            {
                source.Current.Dispose();
            }
        }

        await source.DisposeAsync().ConfigureAwait(false);
    }

    private static void DisposeOf(ConcurrentBag<InferenceSlot> slots)
    {
        while (slots.TryTake(out var slot))
        {
            slot.Dispose();
        }
    }
}
