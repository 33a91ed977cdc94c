using System.Globalization;
using Mlp.Training.Distributed.Collectives.InProcess;
using Mlp.Training.Distributed.Collectives.InProcess.Interop;

namespace Mlp.Training.Distributed.Collectives;

// Groups whose ranks are threads of this process.
public sealed partial class ProcessGroup
{
    /// <summary>Creates a group whose ranks are threads of this process: each is handed its place and makes the calls of that rank. Sums are made in the order of ranks.</summary>
    /// <param name="worldSize">Number of ranks, 1 to 1,024.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <returns>The places, by rank. Each is disposed by whom it is handed to.</returns>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public static IReadOnlyList<ProcessGroup> CreateInProcess(int worldSize, ProcessGroupOptions? options = null) => CreateInProcess(worldSize, options, static end => end);

    /// <inheritdoc cref="CreateInProcess(int, ProcessGroupOptions?)"/>
    /// <param name="worldSize">Number of ranks, 1 to 1,024.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="wrap">Makes a rank's end into another, which injects faults.</param>
    internal static IReadOnlyList<ProcessGroup> CreateInProcess(int worldSize, ProcessGroupOptions? options, Func<CollectiveBackend, CollectiveBackend> wrap)
    {
        if (worldSize is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(worldSize), string.Create(CultureInfo.InvariantCulture, $"Expected a world size of 1 to 1,024, but found {worldSize:N0}."));
        }

        var settings = (options ?? new()).Validated();
        var shared = new InProcessGroup(settings.Name, worldSize, settings.TimeProvider);
        return [.. Enumerable.Range(0, worldSize).Select(rank => new ProcessGroup(wrap(new InProcessBackend(shared, rank)), settings))];
    }

    /// <summary>Runs a program on ranks that are threads of this process, and waits for all. A rank that throws makes the others' calls throw too, so none is left waiting.</summary>
    /// <param name="worldSize">Number of ranks, 1 to 1,024.</param>
    /// <param name="program">What each rank does.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="AggregateException">Ranks have thrown; first what the first of them threw, then what followed on the others.</exception>
    public static void RunInProcess(int worldSize, Action<ProcessGroup> program, ProcessGroupOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        Run(CreateInProcess(worldSize, options), program);
    }

    /// <summary>Runs a program on the ranks of groups that were created, and disposes them.</summary>
    /// <param name="groups">The ranks.</param>
    /// <param name="program">What each rank does.</param>
    internal static void Run(IReadOnlyList<ProcessGroup> groups, Action<ProcessGroup> program)
    {
        var failures = new List<Exception>();
        var threads = groups.Select(g => new Thread(() => RunRank(g, program, failures)) { IsBackground = true, Name = $"{g.Name} rank {g.Rank}" }).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private static void RunRank(ProcessGroup group, Action<ProcessGroup> program, List<Exception> failures)
    {
        try
        {
            program(group);
        }
        catch (Exception exception)
        {
            lock (failures)
            {
                failures.Add(exception);
            }

            group.Abort($"it failed with {exception.GetType().Name}", exception);
        }

        group.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
