using Mlp.Runtime.Models;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>Batches of rows in memory.</summary>
internal sealed class MemoryBatches : BatchSource
{
    private readonly EncodedRows _rows;
    private readonly TrainingTargets _targets;
    private readonly BatchOrder _order;
    private readonly bool _isClasses;
    private readonly int _replicas;
    private (int Epoch, BatchOrder.Plan Plan)? _current;

    /// <summary>Plans.</summary>
    /// <param name="rows">Encoded rows, of which the first are trained on.</param>
    /// <param name="targets">Targets of the training rows.</param>
    /// <param name="options">Size of batches, seed and task.</param>
    /// <param name="shard">Whose part of each batch is asked for; null for all of it.</param>
    public MemoryBatches(EncodedRows rows, TrainingTargets targets, NetworkOptions options, Shard? shard = null)
    {
        (_rows, _targets, _isClasses) = (rows, targets, options.Task == ModelTask.MulticlassClassification);
        _replicas = shard?.Count ?? 1;
        _order = new(targets.RowCount, targets.Groups, options.BatchSize, options.Seed, shard);
    }

    public override int BatchCount => _order.BatchCount;

    public override long UnitCount => _order.UnitCount;

    public override TrainingTargets Targets => _targets;

    public override int BatchCountFrom(long start, int? replicas) => _order.BatchCountFrom((int)start, replicas ?? _replicas);

    public override TrainingBatch NewBatch() => new(Math.Max(_order.LargestBatch, _order.LargestBatchFrom((int)PartStart)), _rows.Width, _rows.IdCount, _isClasses, _targets.Weights.Length > 0);

    public override int CountOf(int epoch, int first, int end) => PlanOf(epoch).CountOf(first, end);

    public override void Fill(TrainingBatch batch, int epoch, int index, CancellationToken cancellationToken) => batch.Gather(_rows, _targets, PlanOf(epoch).Of(index));

    private BatchOrder.Plan PlanOf(int epoch)
    {
        if (_current is not { } current || current.Epoch != epoch)
        {
            _current = current = (epoch, _order.For(epoch, epoch == PartEpoch ? (int)PartStart : 0));
        }

        return current.Plan;
    }
}
