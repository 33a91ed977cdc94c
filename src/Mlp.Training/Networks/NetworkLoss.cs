using Mlp.Training.Preprocessing;
using TorchSharp;
using static TorchSharp.torch.nn;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>What training makes small, from the outputs of a batch.</summary>
internal abstract class NetworkLoss
{
    /// <summary>The mean loss of a batch.</summary>
    /// <param name="outputs">Shape (rows, outputs), float32.</param>
    /// <param name="batch">What was asked.</param>
    /// <returns>Of shape (), and what it stands for when means are averaged: rows, or pairs.</returns>
    public abstract (Tensor Loss, double Share) Compute(Tensor outputs, TrainingBatch batch);

    /// <summary>The loss that settings ask for.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="targets">All targets of the part, where rows are compared with each other; null for those of a stream, where they are not.</param>
    /// <param name="isTraining">Whether targets are smoothed.</param>
    public static NetworkLoss Create(NetworkSettings settings, TrainingTargets? targets, bool isTraining)
    {
        var options = settings.Options.Loss;
        var smoothing = isTraining ? options.LabelSmoothing : 0;
        return settings.Loss switch
        {
            NetworkLossKind.SquaredError => new RowLoss((output, target) => functional.mse_loss(output, target, Reduction.None), static (output, target) => functional.mse_loss(output, target)),
            NetworkLossKind.Huber => new RowLoss((output, target) => Huber(output, target, options.HuberDelta)),
            NetworkLossKind.Quantile => new RowLoss((output, target) => Pinball(output, target, options.Quantile)),
            NetworkLossKind.RankNet or NetworkLossKind.LambdaRank => new PairLoss(targets ?? throw new InvalidOperationException("Expected the targets of all rows to compare rows with each other, but they are not in memory."), settings.Loss == NetworkLossKind.LambdaRank),
            _ when settings.Options.Task == Mlp.Runtime.Models.ModelTask.MulticlassClassification => new ClassLoss(smoothing),
            _ when smoothing > 0 => new RowLoss((output, target) => LogLoss(output, target.mul(1 - smoothing).add(smoothing / 2))),
            _ => new RowLoss(LogLoss, static (output, target) => functional.binary_cross_entropy_with_logits(output, target)),
        };
    }

    private static Tensor LogLoss(Tensor output, Tensor target) => functional.binary_cross_entropy_with_logits(output, target, reduction: Reduction.None);

    // delta · (|d| − delta / 2) beyond delta, d² / 2 within.
    private static Tensor Huber(Tensor output, Tensor target, double delta)
    {
        var distance = output.sub(target).abs();
        var inner = distance.clamp(max: delta);
        return inner.mul(distance.sub(inner.mul(0.5)));
    }

    private static Tensor Pinball(Tensor output, Tensor target, double quantile)
    {
        var distance = target.sub(output);
        return distance.mul(quantile).maximum(distance.mul(quantile - 1));
    }

    /// <summary>A loss of each row by itself, of networks with one output.</summary>
    private sealed class RowLoss(Func<Tensor, Tensor, Tensor> perRow, Func<Tensor, Tensor, Tensor>? mean = null) : NetworkLoss
    {
        public override (Tensor Loss, double Share) Compute(Tensor outputs, TrainingBatch batch)
        {
            var output = outputs.squeeze(1);
            return batch.Weights is { } weights
                ? (perRow(output, batch.Target).mul(weights).mean(), batch.Count)
                : (mean is null ? perRow(output, batch.Target).mean() : mean(output, batch.Target), batch.Count);
        }
    }

    /// <summary>Cross entropy of several classes.</summary>
    private sealed class ClassLoss(double smoothing) : NetworkLoss
    {
        public override (Tensor Loss, double Share) Compute(Tensor outputs, TrainingBatch batch)
        {
            var weights = batch.Weights;
            if (smoothing == 0 && weights is null)
            {
                return (functional.cross_entropy(outputs, batch.Target), batch.Count);
            }

            var logarithms = outputs.log_softmax(1);
            var loss = logarithms.gather(1, batch.Target.unsqueeze(1)).squeeze(1).neg();
            if (smoothing > 0)
            {
                loss = loss.mul(1 - smoothing).sub(logarithms.mean([1]).mul(smoothing));
            }

            return ((weights is null ? loss : loss.mul(weights)).mean(), batch.Count);
        }
    }
}
