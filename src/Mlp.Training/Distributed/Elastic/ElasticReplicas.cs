using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>Runs one replica of a training through the generations of its group.</summary>
internal static class ElasticReplicas
{
    /// <summary>Joins, and trains until the end; each generation goes on from the newest snapshot. On the thread that calls.</summary>
    /// <typeparam name="T">What a replica makes.</typeparam>
    /// <param name="options">How replicas train; the member is among them.</param>
    /// <param name="facts">What newcomers must have in common with this replica.</param>
    /// <param name="train">Trains in one generation.</param>
    /// <param name="cancellationToken">Ends this replica; the others go on.</param>
    /// <exception cref="ElasticGroupException">This replica cannot go on.</exception>
    public static T Run<T>(DataParallelOptions options, IReadOnlyDictionary<string, string> facts, Func<ReplicaGroup?, T> train, CancellationToken cancellationToken)
        where T : class, IDisposable
    {
        var member = options.Elastic.Group!;
        member.Require(facts);
        try
        {
            var group = member.JoinAsync(cancellationToken).GetAwaiter().GetResult();
            member.SetDone(false);
            var elastic = new ElasticTraining(member, options.Elastic.SnapshotEverySteps);
            while (true)
            {
                T? made = null;
                try
                {
                    return Replicas.RunAs(group, options.For(group), Train, cancellationToken, elastic: elastic);
                }
                catch (CollectiveException exception) when (exception is not CollectiveMismatchException && !cancellationToken.IsCancellationRequested)
                {
                    try
                    {
                        group = member.ReformAsync(exception is NewcomersWaitException ? null : exception, cancellationToken).GetAwaiter().GetResult();
                    }
                    catch (ElasticGroupException) when (made is not null)
                    {
                        // All that was left was to see whether the others need help.
                        return made;
                    }

                    made?.Dispose();
                }

                // Whoever is at the end waits for the others: should one be lost before it gets there, they go back together.
                T Train(ReplicaGroup? replicas)
                {
                    made = train(replicas);
                    replicas!.Group.Barrier("end of training", null, cancellationToken);
                    return made;
                }
            }
        }
        finally
        {
            // Ended well or not: nobody need wait for this one any more.
            member.SetDone(true);
        }
    }
}
