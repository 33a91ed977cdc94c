using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>
/// The snapshots of one member of a training, which outlive the generations of its group. A rank that has completed a step has the sums of all, so each snapshot is one of the whole training; those that are left go on from the newest
/// that any of them has. Used by one thread.
/// </summary>
/// <param name="member">The member.</param>
/// <param name="every">Steps between two snapshots.</param>
internal sealed class ElasticTraining(ElasticGroup member, int every)
{
    private TrainingSnapshot? _newest;
    private TrainingSnapshot? _spare;
    private int _toldGeneration = member.LastChange is { FormerWorldSize: > 0 } ? 0 : member.Generation;

    /// <summary>Whether there is something to go back to.</summary>
    public bool HasSnapshot => _newest is not null;

    /// <summary>Whether the end of a step is a time for a snapshot.</summary>
    /// <param name="step">Steps taken.</param>
    public bool IsDue(long step) => step % every == 0;

    /// <summary>Takes a snapshot between two steps. The one before stays until this one is whole.</summary>
    public void Keep(TrainingState state)
    {
        state.ShareStatistics();
        var snapshot = _spare ?? new();
        state.CopyTo(snapshot);
        (_spare, _newest) = (_newest, snapshot);
    }

    /// <summary>Ends this generation where others wait to join, on all ranks alike.</summary>
    /// <exception cref="NewcomersWaitException">Others wait.</exception>
    public void LetIn(ReplicaGroup replicas)
    {
        if (replicas.Any(replicas.IsFirst && member.HasNewcomers, "newcomers"))
        {
            throw new NewcomersWaitException();
        }
    }

    /// <summary>Gives all replicas the newest state that any of them has.</summary>
    public void Share(TrainingState state, ReplicaGroup replicas)
    {
        var keys = replicas.Gather([_newest?.Key ?? 0], "snapshots").Select(k => k[0]).ToArray();
        if (keys.Max() == 0)
        {
            state.Share();
            return;
        }

        var owner = Array.IndexOf(keys, keys.Max());
        if (owner == replicas.Shard.Rank)
        {
            state.Restore(_newest!);
        }

        state.ShareFrom(owner);
        if (_newest is not null)
        {
            state.RestoreGenerators(_newest);
        }
    }

    /// <summary>The change by which this generation came about, once; null where it is the first one, or was told before.</summary>
    public ElasticChange? TakeChange()
    {
        if (member.LastChange is not { } change || change.Generation == _toldGeneration)
        {
            return null;
        }

        _toldGeneration = change.Generation;
        return change;
    }
}
