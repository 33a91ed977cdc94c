using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>All ranks of a group, on threads of this process.</summary>
/// <typeparam name="T">What a rank makes.</typeparam>
/// <param name="groups">Their places, which are disposed.</param>
/// <param name="run">What a rank does; should it fail, it has told the others.</param>
/// <param name="failed">Is told when a rank has failed.</param>
/// <param name="patience">How long the others are waited for when a rank has failed; those that were waited for in vain already are waited for no longer. One that stays away is left to itself; should it ever come back, what it has made is disposed of. Null waits for all.</param>
internal sealed class ReplicaThreads<T>(IReadOnlyList<ProcessGroup> groups, Func<ProcessGroup, T> run, Action failed, TimeSpan? patience)
{
    private readonly object _gate = new();
    private readonly List<Exception> _failures = [];
    private readonly T?[] _made = new T?[groups.Count];
    private readonly bool[] _hasEnded = new bool[groups.Count];
    private bool _isOver;

    private IReadOnlyList<int> Missed => _failures.OfType<CollectiveTimeoutException>().FirstOrDefault()?.Ranks ?? [];

    /// <summary>Runs them.</summary>
    /// <returns>What the first has made; what the others have made is disposed of.</returns>
    public T Run()
    {
        foreach (var group in groups)
        {
            new Thread(() => Run(group)) { IsBackground = true, Name = FormattableString.Invariant($"mlp-replica-{group.Rank}") }.Start();
        }

        Wait();
        foreach (var group in groups.Where(g => _hasEnded[g.Rank]))
        {
            group.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        // What others threw because one had is of no interest.
        var failure = _failures.Find(f => f is not CollectiveException) ?? _failures.FirstOrDefault();
        foreach (var surplus in _made.Skip(failure is null ? 1 : 0))
        {
            (surplus as IDisposable)?.Dispose();
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return _made[0]!;
    }

    private void Wait()
    {
        lock (_gate)
        {
            long? since = null;
            while (!groups.All(g => _hasEnded[g.Rank] || (patience is not null && Missed.Contains(g.Rank))))
            {
                if (_failures.Count == 0 || patience is not { } limit)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                since ??= TimeProvider.System.GetTimestamp();
                var left = limit - TimeProvider.System.GetElapsedTime(since.Value);
                if (left <= TimeSpan.Zero)
                {
                    break;
                }

                Monitor.Wait(_gate, left);
            }

            _isOver = true;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown when all replicas have ended.")]
    private void Run(ProcessGroup group)
    {
        var (made, failure) = (default(T), default(Exception));
        try
        {
            made = run(group);
        }
        catch (Exception e)
        {
            failure = e;
        }

        bool isLate;
        lock (_gate)
        {
            isLate = _isOver;
            if (!isLate)
            {
                _made[group.Rank] = made;
                if (failure is not null)
                {
                    _failures.Add(failure);
                }
            }
        }

        if (failure is not null)
        {
            failed();
        }

        if (isLate)
        {
            (made as IDisposable)?.Dispose();
            group.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return;
        }

        lock (_gate)
        {
            _hasEnded[group.Rank] = true;
            Monitor.PulseAll(_gate);
        }
    }
}
