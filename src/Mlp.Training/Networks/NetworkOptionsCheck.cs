using System.Globalization;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks.Streams;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <content>What is wrong with the settings, and copies of them.</content>
public sealed partial class NetworkOptions
{
    /// <summary>What is wrong with the settings, as sentences.</summary>
    /// <param name="path">How the sentences name these options.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal List<string> FindFailures(string path = nameof(NetworkOptions), char separator = '.')
    {
        var failures = SettingsRanges.FindFailures(path, this, separator);
        void Fail(string setting, FormattableString sentence) => failures.Add($"{path}{separator}{setting} {sentence.ToString(CultureInfo.InvariantCulture)}");

        if (Task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification or ModelTask.Regression or ModelTask.Ranking))
        {
            Fail(nameof(Task), $"must be BinaryClassification, MulticlassClassification, Regression or Ranking, but is {Task}.");
        }

        if (HiddenLayers is { Count: > 32 })
        {
            Fail(nameof(HiddenLayers), $"must have at most 32 entries, but has {HiddenLayers.Count}.");
        }

        for (var i = 0; i < HiddenLayers?.Count; i++)
        {
            if (HiddenLayers[i] is < 1 or > 65_536)
            {
                var entry = separator == ':' ? string.Create(CultureInfo.InvariantCulture, $":{i}") : string.Create(CultureInfo.InvariantCulture, $"[{i}]");
                Fail(nameof(HiddenLayers) + entry, $"must be between 1 and 65536, but is {HiddenLayers[i]}.");
            }
        }

        failures.AddRange(Preprocessing.FindFailures($"{path}{separator}{nameof(Preprocessing)}", separator));
        CheckTask(Fail, separator);
        CheckWhatHasNoEffect(Fail, separator);
        CheckDevice(Fail, separator);
        return failures;
    }

    /// <summary>A copy that later changes to these options do not reach.</summary>
    internal NetworkOptions Copy()
    {
        var copy = (NetworkOptions)MemberwiseClone();
        copy.HiddenLayers = [.. HiddenLayers ?? [64, 32]];
        copy.ClassNames = [.. ClassNames];
        copy.Callbacks = [.. Callbacks];
        (copy.Stream, copy.Loss, copy.Optimizer, copy.Schedule, copy.Checkpoints) = (Stream.Copy(), Loss.Copy(), Optimizer.Copy(), Schedule.Copy(), Checkpoints.Copy());
        (copy.DataParallel, copy.Preprocessing) = (DataParallel.Copy(), Preprocessing.Copy());
        return copy;
    }

    // A setting that would do nothing beside another one is a mistake of whoever set it.
    private void CheckWhatHasNoEffect(Action<string, FormattableString> fail, char separator)
    {
        if (Definition is not null && HiddenLayers is not null)
        {
            fail(nameof(HiddenLayers), $"must be null beside a Definition, which says all layers, but has {HiddenLayers.Count} entries.");
        }

        if (Loss.Kind != NetworkLossKind.Huber && Loss.HuberDelta != LossOptions.DefaultHuberDelta)
        {
            fail($"{nameof(Loss)}{separator}{nameof(LossOptions.HuberDelta)}", $"must be {LossOptions.DefaultHuberDelta} for a loss other than Huber, which it is for, but is {Loss.HuberDelta}.");
        }

        if (Loss.Kind != NetworkLossKind.Quantile && Loss.Quantile != LossOptions.DefaultQuantile)
        {
            fail($"{nameof(Loss)}{separator}{nameof(LossOptions.Quantile)}", $"must be {LossOptions.DefaultQuantile} for a loss other than Quantile, which it is for, but is {Loss.Quantile}.");
        }

        if (DataParallel is { Group: { } group, Replicas: > 1 })
        {
            fail($"{nameof(DataParallel)}{separator}{nameof(DataParallelOptions.Replicas)}", $"must be 1 beside a Group, whose {group.WorldSize} ranks are the replicas, but is {DataParallel.Replicas}.");
        }

        if (DataParallel.Elastic.Group is not null && (DataParallel.Group is not null || DataParallel.Replicas > 1))
        {
            fail($"{nameof(DataParallel)}{separator}{nameof(DataParallelOptions.Elastic)}{separator}{nameof(ElasticTrainingOptions.Group)}", $"must be null beside {(DataParallel.Group is null ? "Replicas above 1" : "a Group")}: its members are the replicas.");
        }

        if (DataParallel is { IsAlone: true, SyncBatchNorm: true })
        {
            fail($"{nameof(DataParallel)}{separator}{nameof(DataParallelOptions.SyncBatchNorm)}", $"must be false for one replica, whose batch is the whole one.");
        }

        if (DataParallel.SyncBatchNorm && !HasBatchNorm())
        {
            fail($"{nameof(DataParallel)}{separator}{nameof(DataParallelOptions.SyncBatchNorm)}", $"must be false for a network without a layer BatchNorm, but is true.");
        }

        CheckLocalSteps(fail, separator);
        if (Task != ModelTask.Ranking && GroupColumn is not null)
        {
            fail(nameof(GroupColumn), $"must be null for {Task}, which has no groups, but is '{GroupColumn}'.");
        }

        if (Task is ModelTask.Regression or ModelTask.Ranking && ClassNames.Count > 0)
        {
            fail(nameof(ClassNames), $"must be empty for {Task}, which has no classes, but has {ClassNames.Count} entries.");
        }

        if (Optimizer.Nesterov && (Optimizer.Kind != OptimizerKind.Sgd || Optimizer.Momentum == 0))
        {
            fail(
                $"{nameof(Optimizer)}{separator}{nameof(OptimizerOptions.Nesterov)}",
                $"must be false for {(Optimizer.Kind == OptimizerKind.Sgd ? "a Momentum of 0" : Optimizer.Kind)}, which has nothing to look ahead by, but is true.");
        }
    }

    // Blocks hold layers, and what is written of a definition holds all of them by their kinds.
    private bool HasBatchNorm() => Definition is null
        ? BatchNorm && HiddenLayers is not { Count: 0 }
        : Definition.ToJson().Contains("\"batchNorm\"", StringComparison.Ordinal);

    private void CheckLocalSteps(Action<string, FormattableString> fail, char separator)
    {
        if (DataParallel.LocalSteps is not (> 1 and var steps))
        {
            return;
        }

        var name = $"{nameof(DataParallel)}{separator}{nameof(DataParallelOptions.LocalSteps)}";
        if (Precision == NetworkPrecision.Float16)
        {
            fail(name, $"must be 1 with {nameof(Precision)} {Precision}, whose loss scale all replicas decide in each step, but is {steps}.");
        }

        if (AverageDecay > 0)
        {
            fail(name, $"must be 1 with {nameof(AverageDecay)}, whose average needs the weights of each step, but is {steps}.");
        }

        if (Checkpoints.EverySteps % steps != 0)
        {
            fail($"{nameof(Checkpoints)}{separator}{nameof(CheckpointOptions.EverySteps)}", $"must be a multiple of {nameof(DataParallelOptions.LocalSteps)}, {steps}, between which replicas have weights of their own, but is {Checkpoints.EverySteps}.");
        }

        if (!DataParallel.AverageOptimizerState && Checkpoints.Directory is not null)
        {
            fail($"{nameof(Checkpoints)}{separator}{nameof(CheckpointOptions.Directory)}", $"must be null without {nameof(DataParallelOptions.AverageOptimizerState)}: a checkpoint holds one state of the optimizer, and each replica has its own.");
        }
    }

    private void CheckTask(Action<string, FormattableString> fail, char separator)
    {
        var isClassifier = Task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification;
        NetworkLossKind[] losses = isClassifier
            ? [NetworkLossKind.Default, NetworkLossKind.LogLoss]
            : Task == ModelTask.Regression
                ? [NetworkLossKind.Default, NetworkLossKind.SquaredError, NetworkLossKind.Huber, NetworkLossKind.Quantile]
                : [NetworkLossKind.Default, NetworkLossKind.RankNet, NetworkLossKind.LambdaRank];
        if (!losses.Contains(Loss.Kind))
        {
            fail($"{nameof(Loss)}{separator}{nameof(LossOptions.Kind)}", $"must be {string.Join(" or ", losses)} for {Task}, but is {Loss.Kind}.");
        }

        ValidationMetric[] metrics = isClassifier
            ? [ValidationMetric.Loss, ValidationMetric.Auc, ValidationMetric.Accuracy]
            : Task == ModelTask.Regression
                ? [ValidationMetric.Loss, ValidationMetric.RootMeanSquaredError, ValidationMetric.MeanAbsoluteError]
                : [ValidationMetric.Loss, ValidationMetric.Ndcg];
        if (!metrics.Contains(StopMetric))
        {
            fail(nameof(StopMetric), $"must be {string.Join(" or ", metrics)} for {Task}, but is {StopMetric}.");
        }

        if (Task == ModelTask.Ranking && string.IsNullOrEmpty(GroupColumn))
        {
            fail(nameof(GroupColumn), $"must name the column whose equal rows are ranked together, but is empty.");
        }

        if (Task == ModelTask.Ranking && Stream.IsEnabled)
        {
            fail($"{nameof(Stream)}{separator}{nameof(StreamOptions.IsEnabled)}", $"must be false for Ranking, whose groups stay together, but is true.");
        }

        if (Stream.IsEnabled && Preprocessing.Features.FirstOrDefault(f => f.Value.Category == CategoryKind.Target).Key is { } encoded)
        {
            // Rows of a stream come shuffled, without their numbers, so that nobody knows whose labels a row must not see.
            fail($"{nameof(Stream)}{separator}{nameof(StreamOptions.IsEnabled)}", $"must be false where a feature becomes the mean of its labels, as '{encoded}' does, but is true.");
        }

        foreach (var (name, weight) in Loss.ClassWeights)
        {
            if (!(weight > 0 && double.IsFinite(weight)))
            {
                fail($"{nameof(Loss)}{separator}{nameof(LossOptions.ClassWeights)}{separator}{name}", $"must be above 0, but is {weight}.");
            }
        }

        if (!isClassifier && (Loss.ClassWeights.Count > 0 || Loss.BalanceClasses || Loss.LabelSmoothing > 0))
        {
            fail(nameof(Loss), $"must have no weights of classes and no smoothing for {Task}, which has no classes.");
        }

        if (ClassNames.Count == 1 || (Task == ModelTask.BinaryClassification && ClassNames.Count > 2) || ClassNames.Distinct(StringComparer.Ordinal).Count() != ClassNames.Count)
        {
            fail(nameof(ClassNames), $"must be {(Task == ModelTask.BinaryClassification ? "two" : "two or more")} different names, or empty, but has {ClassNames.Count} entries.");
        }
    }
}
