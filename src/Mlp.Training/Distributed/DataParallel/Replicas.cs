using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Runs replicas of a training, so that the end of one is the end of all.</summary>
internal static class Replicas
{
    /// <summary>Settings of a group of replicas in this process.</summary>
    /// <param name="timeout">How long they wait for each other.</param>
    public static ProcessGroupOptions GroupOptions(TimeSpan timeout) => new() { Name = "replicas", Timeout = timeout };

    /// <summary>Runs all replicas in this process, a thread each.</summary>
    /// <typeparam name="T">What a replica makes.</typeparam>
    /// <param name="options">How many, and how they train.</param>
    /// <param name="train">Trains a replica.</param>
    /// <param name="cancellationToken">Ends all.</param>
    /// <param name="places">Places of the replicas in a group, which is disposed; null for one in the memory of the host, in which gradients are added up where they lie.</param>
    /// <returns>What the first has made; what the others have made is disposed of.</returns>
    public static T RunHere<T>(DataParallelOptions options, Func<ReplicaGroup?, T> train, CancellationToken cancellationToken, IReadOnlyList<ProcessGroup>? places = null)
        where T : class, IDisposable
    {
        var shared = places is null ? new SharedGradients(options.Replicas, options.Timeout) : null;
        return new ReplicaThreads<T>(
            places ?? ProcessGroup.CreateInProcess(options.Replicas, GroupOptions(options.Timeout)),
            g => RunAs(g, options, train, cancellationToken, isTold: g.Rank == 0, shared),
            () => shared?.Leave(),
            options.Timeout).Run();
    }

    /// <summary>Runs one replica, on the thread that calls.</summary>
    /// <typeparam name="T">What a replica makes.</typeparam>
    /// <param name="group">The replicas; a group of one rank is none.</param>
    /// <param name="options">How they train.</param>
    /// <param name="train">Trains the replica; null stands for one alone.</param>
    /// <param name="cancellationToken">Ends all replicas.</param>
    /// <param name="isTold">Whether this replica tells callbacks and reports progress.</param>
    /// <param name="shared">Where the gradients of replicas in one process lie; null where they travel by the group.</param>
    /// <param name="elastic">What the training goes back to where others may be lost or join; then a group of one rank is one.</param>
    public static T RunAs<T>(
        ProcessGroup group,
        DataParallelOptions options,
        Func<ReplicaGroup?, T> train,
        CancellationToken cancellationToken,
        bool isTold = true,
        SharedGradients? shared = null,
        ElasticTraining? elastic = null)
    {
        if (group.WorldSize == 1 && elastic is null)
        {
            return train(null);
        }

        return WithOthers(group, () =>
        {
            using var replicas = new ReplicaGroup(group, options, isTold, shared) { Elastic = elastic };
            return WithOthers(() => replicas.StatisticsGroup, () => train(replicas), cancellationToken);
        }, cancellationToken);
    }

    /// <summary>Does something that other ranks wait for: should it fail, they hear of it at once.</summary>
    /// <typeparam name="T">What it makes.</typeparam>
    /// <param name="group">The ranks; null for none.</param>
    /// <param name="work">What to do.</param>
    public static async Task<T> WithOthersAsync<T>(ProcessGroup? group, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not CollectiveException)
        {
            Tell(group, e);
            throw;
        }
    }

    /// <summary>Does something that other ranks wait for: should it fail, they hear of it at once.</summary>
    /// <typeparam name="T">What it makes.</typeparam>
    /// <param name="group">The ranks; null for none.</param>
    /// <param name="work">What to do.</param>
    /// <param name="cancellationToken">Ends it on all ranks.</param>
    public static T WithOthers<T>(ProcessGroup? group, Func<T> work, CancellationToken cancellationToken) => WithOthers(() => group, work, cancellationToken);

    private static T WithOthers<T>(Func<ProcessGroup?> group, Func<T> work, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(() => group()?.Abort("its training was cancelled"));
        try
        {
            return work();
        }
        catch (CollectiveException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception e) when (e is not CollectiveException)
        {
            Tell(group(), e);
            throw;
        }
    }

    private static void Tell(ProcessGroup? group, Exception failure) => group?.Abort($"its training ended: {failure.Message.TrimEnd('.')}", failure);
}
