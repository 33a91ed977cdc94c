using System.Net;
using System.Net.Sockets;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Ranks of a group of processes, though all are threads of this one: they meet and move values as processes do.</summary>
internal static class LoopbackRanks
{
    /// <summary>A port that nobody uses at the moment.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Settings of one rank.</summary>
    public static ProcessGroupOptions Options(int rank, int worldSize, int port, bool sharesMemory = true)
    {
        var options = new ProcessGroupOptions { Timeout = TimeSpan.FromSeconds(60) };
        (options.Rendezvous.Rank, options.Rendezvous.WorldSize, options.Rendezvous.MasterPort) = (rank, worldSize, port);
        options.Rendezvous.Timeout = TimeSpan.FromSeconds(60);
        options.Transport.UseSharedMemory = sharesMemory;
        return options;
    }

    /// <summary>Connects all ranks.</summary>
    public static async Task<ProcessGroup[]> ConnectAsync(int worldSize, bool sharesMemory = true, Action<ProcessGroupOptions>? configure = null)
    {
        var port = FreePort();
        return await Task.WhenAll(Enumerable.Range(0, worldSize).Select(rank =>
        {
            var options = Options(rank, worldSize, port, sharesMemory);
            configure?.Invoke(options);
            return ProcessGroup.ConnectAsync(options);
        }));
    }

    /// <summary>Runs a program on all ranks, a thread each, and disposes them.</summary>
    /// <returns>What each rank threw; null where nothing.</returns>
    public static async Task<Exception?[]> RunAsync(ProcessGroup[] groups, Action<ProcessGroup> program)
    {
        var failures = new Exception?[groups.Length];
        var threads = groups.Select((group, rank) => new Thread(() =>
        {
            try
            {
                program(group);
            }
            catch (Exception exception)
            {
                failures[rank] = exception;
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        await Task.WhenAll(groups.Select(g => g.DisposeAsync().AsTask()));
        return failures;
    }

    /// <summary>Connects ranks, runs a program on them, and expects that none throws.</summary>
    public static async Task RunAsync(int worldSize, bool sharesMemory, Action<ProcessGroup> program, Action<ProcessGroupOptions>? configure = null)
        => Assert.All(await RunAsync(await ConnectAsync(worldSize, sharesMemory, configure), program), Assert.Null);
}
