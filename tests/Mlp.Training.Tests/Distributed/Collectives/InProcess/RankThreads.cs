using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

/// <summary>Ranks on threads whose ends a test asks for: neither does a rank that throws abort the others, nor is a group disposed.</summary>
internal sealed class RankThreads
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly Thread[] _threads;
    private readonly Exception?[] _failures;

    private RankThreads(IReadOnlyList<ProcessGroup> groups, Action<ProcessGroup> program)
    {
        _failures = new Exception?[groups.Count];
        _threads = [.. groups.Select(g => new Thread(() => _failures[g.Rank] = Record.Exception(() => program(g))) { IsBackground = true })];
        Array.ForEach(_threads, t => t.Start());
    }

    /// <summary>Starts a program on all ranks.</summary>
    public static RankThreads Start(IReadOnlyList<ProcessGroup> groups, Action<ProcessGroup> program) => new(groups, program);

    /// <summary>Whether a rank's thread stands still: it waits for another.</summary>
    public bool Waits(int rank) => (_threads[rank].ThreadState & ThreadState.WaitSleepJoin) != 0;

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
