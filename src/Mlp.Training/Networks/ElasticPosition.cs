using Mlp.Training.Networks.Checkpoints;

namespace Mlp.Training.Networks;

/// <summary>
/// Where a training goes on when the number of its replicas has changed. What was trained of the epoch stays trained; its rest is cut into batches for the replicas that are there now. The schedule goes on at the same share of
/// the epoch.
/// </summary>
internal static class ElasticPosition
{
    /// <summary>Makes a position one of so many replicas.</summary>
    /// <param name="position">The position; changed.</param>
    /// <param name="replicas">Replicas now.</param>
    /// <param name="batches">The batches of these replicas.</param>
    /// <param name="stepsPerEpoch">Steps of a whole epoch of these replicas.</param>
    public static void Adapt(TrainingPosition position, int replicas, BatchSource batches, int stepsPerEpoch)
    {
        if (position.ReplicaCount != 0 && position.ReplicaCount != replicas)
        {
            var total = batches.UnitCount;
            var former = batches.BatchCountFrom(position.TrainedUnits, position.ReplicaCount);
            var done = position.TrainedUnits + (long)((Int128)(total - position.TrainedUnits) * position.Batch / former);

            // The rest is enough for one step: each replica needs two rows.
            position.TrainedUnits = Math.Max(0, Math.Min(done, total - (2 * replicas)));
            position.Batch = 0;
            var epochs = position.Epoch - 1 + (position.TrainedUnits / (double)total);
            position.ScheduleShift = (long)Math.Round(epochs * stepsPerEpoch) - position.Step;
        }

        position.ReplicaCount = replicas;
    }
}
