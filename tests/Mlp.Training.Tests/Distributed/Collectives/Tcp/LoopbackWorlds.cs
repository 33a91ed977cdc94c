using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Groups of processes that many cases use one after the other, by world size: connecting them takes longer than a case.</summary>
/// <param name="connect">Connects a world of a size.</param>
public sealed class LoopbackWorlds(Func<int, Task<ProcessGroup[]>> connect) : IAsyncDisposable
{
    private readonly Dictionary<int, ProcessGroup[]> _worlds = [];

    /// <summary>Worlds whose ranks have the same settings.</summary>
    public static LoopbackWorlds With(Action<ProcessGroupOptions> configure) => new(size => LoopbackRanks.ConnectAsync(size, configure));

    /// <summary>Runs a program on all ranks of a world, and throws what they throw.</summary>
    public void Run(int worldSize, Action<ProcessGroup> program)
    {
        if (!_worlds.TryGetValue(worldSize, out var groups))
        {
            groups = _worlds[worldSize] = connect(worldSize).GetAwaiter().GetResult();
        }

        var failures = LoopbackRanks.Run(groups, group =>
        {
            try
            {
                program(group);
            }
            catch (Exception exception) when (group.Failure is null)
            {
                group.Abort($"it failed with {exception.Message}", exception);
                throw;
            }
        });
        if (failures.OfType<Exception>().ToList() is { Count: > 0 } thrown)
        {
            _worlds.Remove(worldSize);
            throw new AggregateException(thrown);
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_worlds.Values.SelectMany(w => w).Select(g => g.DisposeAsync().AsTask()));
}
