using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>Processes that take part in rounds. One that was killed is replaced.</summary>
internal sealed class ChildPool : IDisposable
{
    private readonly List<WarmChild> _children = [];

    /// <summary>Begins a round.</summary>
    /// <param name="worldSize">Processes.</param>
    /// <param name="words">What each does, by rank.</param>
    /// <param name="variables">Variables besides those of a launch.</param>
    /// <returns>The processes, by rank.</returns>
    public WarmChild[] Begin(int worldSize, Func<int, IEnumerable<string>> words, params (string Name, string Value)[] variables)
    {
        foreach (var child in _children.Where(c => !c.IsReady).ToList())
        {
            _children.Remove(child);
            child.Dispose();
        }

        while (_children.Count < worldSize)
        {
            _children.Add(WarmChild.Start());
        }

        var port = LoopbackPorts.Take().ToString(CultureInfo.InvariantCulture);
        var ranks = _children[..worldSize].ToArray();
        for (var rank = 0; rank < worldSize; rank++)
        {
            var environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["RANK"] = rank.ToString(CultureInfo.InvariantCulture),
                ["WORLD_SIZE"] = worldSize.ToString(CultureInfo.InvariantCulture),
                ["MASTER_ADDR"] = "127.0.0.1",
                ["MASTER_PORT"] = port,
                ["MLP_GROUP_SECRET"] = $"round-{port}",
                ["MLP_LAUNCHER_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
            };
            foreach (var (name, value) in variables)
            {
                environment[name] = value;
            }

            ranks[rank].Begin(environment, words(rank));
        }

        return ranks;
    }

    /// <inheritdoc/>
    public void Dispose() => _children.ForEach(c => c.Dispose());
}
