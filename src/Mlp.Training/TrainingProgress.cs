using System.Text.Json.Serialization;
using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Training;

/// <summary>Where training stands after an epoch.</summary>
/// <param name="Epoch">Epochs of a network, or iterations of trees, done; from 1.</param>
/// <param name="MaxEpochs">The greatest number of epochs.</param>
/// <param name="TrainingLoss">Mean loss over the epoch's steps: log loss (nats) or mean squared error of the standardised target; with dropout at work. Null where it is not measured.</param>
/// <param name="ValidationLoss">The same loss on the validation rows after the epoch, without dropout; null without validation rows.</param>
/// <param name="BestEpoch">The epoch with the best validation so far; the last one without validation rows.</param>
/// <param name="Elapsed">Time since training began.</param>
public sealed record TrainingProgress(int Epoch, int MaxEpochs, double? TrainingLoss, double? ValidationLoss, int BestEpoch, TimeSpan Elapsed)
{
    /// <summary>The metric that decides which epoch is the best, on the validation rows; null where the loss decides or nothing validates.</summary>
    public double? ValidationMetric { get; init; }

    /// <summary>What the steps of the epoch were made of where replicas train together, the same on all ranks; null for one alone, and of epochs before a training went on from a checkpoint.</summary>
    [JsonIgnore]
    public DataParallelReport? Replicas { get; init; }
}
