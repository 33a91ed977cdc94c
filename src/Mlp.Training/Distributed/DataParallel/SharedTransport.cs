using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Gradients and losses of replicas in one process lie where all see them.</summary>
/// <param name="shared">What the replicas share; this one has joined.</param>
/// <param name="group">The replicas, asked why when one has ended before its time.</param>
internal sealed class SharedTransport(SharedGradients shared, ProcessGroup group) : IGradientTransport
{
    private long _step;

    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        // Nobody looks at buckets between the two.
        group.Barrier("buckets");
        if (group.Rank == 0)
        {
            shared.Cut(buckets);
        }

        group.Barrier("buckets");
        _step = 0;
    }

    public void Begin(ReadOnlySpan<double> totals) => shared.Show(group.Rank, ++_step, totals);

    public void Send(int bucket) => shared.Arrive(group.Rank, bucket);

    public void Dispose() => shared.Leave();

    public void End(Span<double> totals)
    {
        try
        {
            if (shared.Finish(group.Rank, _step, totals))
            {
                return;
            }
        }
        catch (CollectiveTimeoutException e)
        {
            // Before this replica leaves: the others, and whoever comes late, ask the group why.
            group.Break(e);
            throw;
        }

        group.Barrier("gradients");
        throw new InvalidOperationException("Expected a group that says why a replica has ended, but it goes on.");
    }
}
