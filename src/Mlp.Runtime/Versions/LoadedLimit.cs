namespace Mlp.Runtime.Versions;

/// <summary>
/// At most so many targets loaded on demand at once. Who comes when all places are taken gets that of the target which has not been called longest; one that is being loaded, or whose callers
/// have not begun yet, keeps its place, and the newcomer waits. Thread-safe.
/// </summary>
/// <param name="maximum">Number of places; null for any number.</param>
internal sealed class LoadedLimit(int? maximum)
{
    private readonly Lock _gate = new();
    private readonly List<OnDemandTarget> _holders = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes a place, and unloads another target for it if need be.</summary>
    /// <param name="target">Who needs a place, and has none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task EnterAsync(OnDemandTarget target, CancellationToken cancellationToken)
    {
        while (true)
        {
            OnDemandTarget? oldest;
            Task changed;
            lock (_gate)
            {
                if (maximum is null || _holders.Count < maximum)
                {
                    _holders.Add(target);
                    return;
                }

                oldest = _holders.Where(static h => h.MayUnload).MinBy(static h => h.LastUse);
                if (oldest is not null)
                {
                    _holders.Remove(oldest);
                    _holders.Add(target);
                }

                changed = _changed.Task;
            }

            if (oldest is not null)
            {
                await oldest.UnloadAsync().ConfigureAwait(false);
                return;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a place back; nothing if the target has none.</summary>
    /// <param name="target">The target.</param>
    public void Leave(OnDemandTarget target)
    {
        lock (_gate)
        {
            _holders.Remove(target);
        }

        Signal();
    }

    /// <summary>A target may be unloaded that could not be before.</summary>
    public void Signal()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }
}
