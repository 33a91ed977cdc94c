using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Ranks of a group of processes, though all are threads of this one: they meet and move values as processes do.</summary>
internal static class LoopbackRanks
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Settings of one rank.</summary>
    public static ProcessGroupOptions Options(int rank, int worldSize, int port)
    {
        var options = new ProcessGroupOptions { Timeout = Patience, Deterministic = true };
        (options.Rendezvous.Rank, options.Rendezvous.WorldSize, options.Rendezvous.MasterPort) = (rank, worldSize, port);
        (options.Rendezvous.Timeout, options.Rendezvous.HeartbeatTimeout) = (Patience, Patience);
        return options;
    }

    /// <summary>Connects ranks that take each other for ranks of several hosts.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="hostOf">Host of each rank.</param>
    /// <param name="configure">Sets other options.</param>
    public static Task<ProcessGroup[]> ConnectAsync(int worldSize, Func<int, string> hostOf, Action<ProcessGroupOptions>? configure = null)
    {
        var port = LoopbackPorts.Take();
        return Task.WhenAll(Enumerable.Range(0, worldSize).Select(async rank =>
        {
            var options = Options(rank, worldSize, port);
            configure?.Invoke(options);
            options = options.Validated();
            return new ProcessGroup(await TcpConnector.ConnectAsync(options, null, hostOf(rank), CancellationToken.None), options);
        }));
    }

    /// <summary>Connects all ranks.</summary>
    public static Task<ProcessGroup[]> ConnectAsync(int worldSize, Action<ProcessGroupOptions>? configure = null)
    {
        var port = LoopbackPorts.Take();
        return Task.WhenAll(Enumerable.Range(0, worldSize).Select(rank =>
        {
            var options = Options(rank, worldSize, port);
            configure?.Invoke(options);
            return ProcessGroup.ConnectAsync(options);
        }));
    }

    /// <summary>Runs a program on all ranks, a thread each.</summary>
    /// <returns>What each rank threw; null where nothing.</returns>
    public static Exception?[] Run(IReadOnlyList<ProcessGroup> groups, Action<ProcessGroup> program)
    {
        var failures = new Exception?[groups.Count];
        var threads = groups.Select(g => new Thread(() => failures[g.Rank] = Record.Exception(() => program(g))) { IsBackground = true }).ToList();
        threads.ForEach(t => t.Start());
        foreach (var (thread, rank) in threads.Select((t, r) => (t, r)))
        {
            Assert.True(thread.Join(Patience + Patience), $"Rank {rank} hangs.");
        }

        return failures;
    }

    /// <summary>Ends all ranks.</summary>
    public static Task DisposeAsync(IEnumerable<ProcessGroup> groups) => Task.WhenAll(groups.Select(g => g.DisposeAsync().AsTask()));
}
