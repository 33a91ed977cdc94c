using System.Text.Json.Serialization;
using Mlp.Training.Distributed.Diagnostics;

namespace Mlp.Training.Networks.Checkpoints;

/// <summary>Where a training stands, apart from tensors: all numbers that decide how it goes on. As JSON it is part of a checkpoint.</summary>
internal sealed class TrainingPosition
{
    /// <summary>The epoch that the next batch belongs to, from 1.</summary>
    public int Epoch { get; set; } = 1;

    /// <summary>Batches of that epoch that are done.</summary>
    public int Batch { get; set; }

    /// <summary>Steps since training began, those that were left out included.</summary>
    public long Step { get; set; }

    /// <summary>Steps that the optimizer has taken.</summary>
    public long OptimizerStep { get; set; }

    /// <summary>Sum of the losses of the epoch so far, each times its share.</summary>
    public double LossSum { get; set; }

    /// <summary>Sum of the shares.</summary>
    public double LossShare { get; set; }

    /// <summary>One entry per epoch that is done.</summary>
    public List<TrainingProgress> History { get; set; } = [];

    /// <summary>The best epoch so far; 0 for none.</summary>
    public int BestEpoch { get; set; }

    /// <summary>What the metric that decides was there.</summary>
    public double BestMetric { get; set; }

    /// <summary>The last epoch that was better by as much as an improvement must be.</summary>
    public int ImprovedEpoch { get; set; }

    /// <summary>What the metric that decides was there.</summary>
    public double ImprovedMetric { get; set; }

    /// <summary>Whether there is nothing left to train.</summary>
    public bool IsFinished { get; set; }

    /// <summary>What the plateau has made of the learning rate.</summary>
    public double PlateauFactor { get; set; } = 1;

    /// <summary>Epochs that the plateau has waited.</summary>
    public int PlateauEpochs { get; set; }

    /// <summary>The loss scale of float16.</summary>
    public double LossScale { get; set; } = 65536;

    /// <summary>Steps since the loss scale changed.</summary>
    public int LossScaleSteps { get; set; }

    /// <summary>Steps that were left out since the last good one, because numbers left float16.</summary>
    public int SkippedSteps { get; set; }

    /// <summary>The power of two by which gradients are multiplied before they are rounded to float16 to travel.</summary>
    public int CompressionExponent { get; set; }

    /// <summary>Replicas whose batches <see cref="Batch"/> counts, where their number may change; 0 where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReplicaCount { get; set; }

    /// <summary>Rows (of a ranking: groups) of the epoch that were trained before the number of replicas last changed; its batches are counted from there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long TrainedUnits { get; set; }

    /// <summary>What is added to <see cref="Step"/> for the schedule, whose steps are those of the present number of replicas.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ScheduleShift { get; set; }

    /// <summary>States of the network's generators, by name.</summary>
    public SortedDictionary<string, ulong> Generators { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Time that training has taken.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>What the steps of replicas were made of, of this run of the training; null for one alone.</summary>
    [JsonIgnore]
    public DataParallelReport? Replicas { get; set; }
}
