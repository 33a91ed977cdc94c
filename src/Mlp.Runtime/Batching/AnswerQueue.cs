using System.Collections.Concurrent;

namespace Mlp.Runtime.Batching;

/// <summary>
/// Answers on their way to callers who await them, in the order of the batches. A thread of the pool that comes for one takes as many as there are, so that a batch costs the pool a few
/// work items instead of one for each caller; before it goes on with a caller's code, which may take long or block, it sees to it that another thread comes for the rest. Thread-safe.
/// </summary>
internal sealed class AnswerQueue : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _answers = new();
    private int _isQueued;

    /// <summary>Adds an answer. Nobody comes for it before <see cref="Publish"/>.</summary>
    /// <param name="answer">Ends the call and runs what its caller does next.</param>
    public void Add(IThreadPoolWorkItem answer) => _answers.Enqueue(answer);

    /// <summary>Has a thread of the pool come for what is there.</summary>
    public void Publish()
    {
        if (!_answers.IsEmpty && Interlocked.CompareExchange(ref _isQueued, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public void Execute()
    {
        // A full fence: whoever adds from here on queues anew, and what was added before is seen below.
        Interlocked.Exchange(ref _isQueued, 0);
        for (var isFirst = true; _answers.TryDequeue(out var answer); isFirst = false)
        {
            if (isFirst)
            {
                Publish();
            }

            answer.Execute();
        }
    }
}
