namespace Mlp.Benchmarks.Soaks;

/// <summary>Lets callers rest between two calls while memory is read: what they allocate meanwhile would stand among what is held. Thread-safe.</summary>
/// <param name="callerCount">Callers, each of which looks in between any two calls.</param>
internal sealed class RestingPlace(int callerCount)
{
    private volatile Rest? _rest;

    /// <summary>What a caller waits for before its next call; complete where nobody rests.</summary>
    public Task RestAsync() => _rest?.JoinAsync() ?? Task.CompletedTask;

    /// <summary>Does something while all callers rest. Not from two threads at once.</summary>
    /// <param name="work">What to do.</param>
    public async Task WhileAtRestAsync(Action work)
    {
        var rest = new Rest(callerCount);
        _rest = rest;
        await rest.AllJoined;
        work();
        _rest = null;
        rest.End();
    }

    private sealed class Rest(int callerCount)
    {
        private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing = callerCount;

        public Task AllJoined => _joined.Task;

        public Task JoinAsync()
        {
            if (Interlocked.Decrement(ref _missing) == 0)
            {
                _joined.SetResult();
            }

            return _ended.Task;
        }

        public void End() => _ended.SetResult();
    }
}
