using Mlp.Training.Networks;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Replicas that take steps by themselves and then the mean of their weights. For one thread.</summary>
/// <param name="replicas">The replicas.</param>
/// <param name="parameters">The weights of this one.</param>
/// <param name="optimizer">What moves them.</param>
internal sealed class LocalAveraging(ReplicaGroup replicas, FlatParameters parameters, FlatOptimizer optimizer)
{
    private double _lossSum;
    private double _lossShare;
    private bool _isApart;

    /// <summary>Ends a step that this replica has taken by itself.</summary>
    /// <param name="step">Its number, from 1.</param>
    /// <param name="lossSum">Sum of this replica's losses, each times its share.</param>
    /// <param name="lossShare">Sum of the shares.</param>
    /// <returns>Sums of all replicas since the last mean; zeros where it is not time for a mean.</returns>
    public (double LossSum, double LossShare) EndStep(long step, double lossSum, double lossShare)
    {
        (_lossSum, _lossShare, _isApart) = (_lossSum + lossSum, _lossShare + lossShare, true);
        return step % replicas.Options.LocalSteps == 0 ? Meet() : default;
    }

    /// <summary>Takes the mean of all replicas, unless they have taken no step since the last.</summary>
    /// <returns>Sums of the losses of all replicas since then.</returns>
    public (double LossSum, double LossShare) Meet()
    {
        if (!_isApart)
        {
            return default;
        }

        Span<double> totals = [_lossSum, _lossShare];
        replicas.Sum(totals, "losses");
        replicas.Average(parameters.WeightValues, "weights");
        if (replicas.Options.AverageOptimizerState)
        {
            foreach (var (name, state) in optimizer.State)
            {
                replicas.Average(FlatParameters.Floats(state), name);
            }
        }

        (_lossSum, _lossShare, _isApart) = (0, 0, false);
        return (totals[0], totals[1]);
    }
}
