using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

/// <summary>Ranks on threads whose ends a test asks for: neither does a rank that throws abort the others, nor is a group disposed.</summary>
internal sealed class RankThreads
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Thread[] _threads;
    private readonly Exception?[] _failures;
    private int _stillCount;

    private RankThreads(IReadOnlyList<ProcessGroup> groups, Action<ProcessGroup> program)
    {
        _failures = new Exception?[groups.Count];
        _threads = [.. groups.Select(g => new Thread(() => _failures[g.Rank] = Record.Exception(() => program(g))) { IsBackground = true })];
        Array.ForEach(_threads, t => t.Start());
    }

    /// <summary>Starts a program on all ranks.</summary>
    public static RankThreads Start(IReadOnlyList<ProcessGroup> groups, Action<ProcessGroup> program) => new(groups, program);

    /// <summary>Whether the threads of ranks have stood still each time that this was asked of late: they wait for another rank, and not for a lock that one of them holds for a moment.</summary>
    public bool Wait(params ReadOnlySpan<int> ranks)
    {
        foreach (var rank in ranks)
        {
            if ((_threads[rank].ThreadState & ThreadState.WaitSleepJoin) == 0)
            {
                _stillCount = 0;
                return false;
            }
        }

        return ++_stillCount >= 20;
    }

    /// <summary>Waits for the end of all ranks.</summary>
    /// <param name="meanwhile">Is done again and again until they have ended.</param>
    /// <returns>What each has thrown, by rank; null for nothing.</returns>
    public Exception?[] Join(Action? meanwhile = null)
    {
        var deadline = DateTime.UtcNow + Patience;
        foreach (var (thread, rank) in _threads.Select((t, r) => (t, r)))
        {
            while (!thread.Join(TimeSpan.FromMilliseconds(5)))
            {
                meanwhile?.Invoke();
                Assert.True(DateTime.UtcNow < deadline, $"Rank {rank} hangs.");
            }
        }

        return _failures;
    }
}
