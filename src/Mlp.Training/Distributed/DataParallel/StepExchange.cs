using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Networks;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>What replicas exchange in a step: losses, and gradients. For one thread.</summary>
internal sealed class StepExchange : IDisposable
{
    private readonly ReplicaGroup _replicas;
    private readonly GradientBuckets<float> _gradients;
    private readonly double[] _totals = new double[3];
    private CollectiveHandle? _losses;

    /// <summary>Prepares.</summary>
    /// <param name="replicas">The replicas.</param>
    /// <param name="parameters">The weights of this one.</param>
    public StepExchange(ReplicaGroup replicas, FlatParameters parameters)
    {
        _replicas = replicas;
        var options = replicas.Options;
        var buckets = GradientBucketPlan.Cut(
            parameters.Offsets,
            parameters.DecayedLength is var decayed && decayed > 0 && decayed < parameters.Length ? [decayed, parameters.Length] : [parameters.Length],
            options.FirstBucketBytes / sizeof(float),
            options.BucketBytes / sizeof(float));
        _gradients = new(replicas.Group, new TensorMemory<float>(parameters.Gradients).Memory, buckets, parameters.Parameters, options.Overlap);
    }

    /// <summary>Whether a batch's loss counts. Replicas that share batch statistics go through a backward pass together or not at all.</summary>
    /// <param name="mine">Whether this replica's loss is a number.</param>
    /// <param name="isTolerated">Whether training goes on where it is none.</param>
    public bool IsFinite(bool mine, bool isTolerated) => _replicas.Statistics is null || !isTolerated ? mine : !_replicas.Any(!mine, "overflow");

    /// <summary>Begins, before the last backward pass of a step and when all its losses are known.</summary>
    /// <param name="lossSum">Sum of this replica's losses, each times its share.</param>
    /// <param name="lossShare">Sum of the shares.</param>
    /// <param name="isOverflown">Whether a loss is no number.</param>
    public void Begin(double lossSum, double lossShare, bool isOverflown)
    {
        (_totals[0], _totals[1], _totals[2]) = (lossSum, lossShare, isOverflown ? 1 : 0);
        if (_gradients.Overlaps)
        {
            _losses = _replicas.Group.StartAllReduce(_totals.AsMemory(), ReduceOperation.Sum, "losses");
        }

        _gradients.Arm();
    }

    /// <summary>Ends, after the backward pass, when gradients are sums over all replicas.</summary>
    /// <returns>The same of all replicas.</returns>
    /// <exception cref="CollectiveException">A rank is lost, late, or does something else.</exception>
    public (double LossSum, double LossShare, bool IsOverflown) End()
    {
        _replicas.Statistics?.ThrowIfFailed();
        if (_losses is null)
        {
            _replicas.Group.AllReduce(_totals.AsSpan(), ReduceOperation.Sum, "losses");
        }

        _gradients.Finish();
        _losses?.Wait();
        _losses = null;
        return (_totals[0], _totals[1], _totals[2] > 0);
    }

    public void Dispose() => _gradients.Dispose();
}
