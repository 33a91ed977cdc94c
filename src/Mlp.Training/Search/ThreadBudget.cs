namespace Mlp.Training.Search;

/// <summary>Threads that trials share. Who comes first is served first, so that a trial of many threads is not passed over for ever. Thread-safe.</summary>
/// <param name="count">How many, at least 1.</param>
internal sealed class ThreadBudget(int count)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Request> _waiting = [];
    private readonly int _count = count;
    private int _free = count;

    /// <summary>Waits until threads are free.</summary>
    /// <param name="threads">How many; more than there are count as all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The threads, which are free again when it is disposed of.</returns>
    public async Task<IDisposable> TakeAsync(int threads, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new LinkedListNode<Request>(new(Math.Min(threads, _count)));
        lock (_gate)
        {
            _waiting.AddLast(request);
            Serve();
        }

        using (cancellationToken.Register(() => Withdraw(request)))
        {
            await request.Value.Granted.Task.ConfigureAwait(false);
        }

        return new Lease(this, request.Value.Threads);
    }

    private void Withdraw(LinkedListNode<Request> request)
    {
        lock (_gate)
        {
            if (request.List is null)
            {
                return;
            }

            _waiting.Remove(request);
            request.Value.Granted.SetCanceled(CancellationToken.None);
            Serve();
        }
    }

    private void Return(int threads)
    {
        lock (_gate)
        {
            _free += threads;
            Serve();
        }
    }

    private void Serve()
    {
        while (_waiting.First is { } first && first.Value.Threads <= _free)
        {
            _free -= first.Value.Threads;
            _waiting.RemoveFirst();
            first.Value.Granted.SetResult();
        }
    }

    private sealed class Request(int threads)
    {
        public int Threads { get; } = threads;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Lease(ThreadBudget budget, int threads) : IDisposable
    {
        private int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                budget.Return(threads);
            }
        }
    }
}
