using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Networks.Devices;
using Mlp.Training.Networks.Interop;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>Measures a network on rows that it does not learn from. Replicas that train together take a part of the rows each, and rank 0 computes the metric. Not thread-safe.</summary>
internal sealed class NetworkValidation : IDisposable
{
    private readonly NetworkSettings _settings;
    private readonly TrainingTargets _targets;
    private readonly EncodedRows _rows;
    private readonly int _offset;
    private readonly TargetScale _scale;
    private readonly NetworkLoss _loss;
    private readonly TrainingBatch _batch;
    private readonly int _outputs;
    private readonly ReplicaGroup? _replicas;
    private readonly int[] _starts;

    /// <summary>Prepares.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="rows">Encoded rows.</param>
    /// <param name="offset">Where the validation rows begin among them.</param>
    /// <param name="targets">Targets of the validation rows.</param>
    /// <param name="scale">How labels became targets.</param>
    /// <param name="batchSize">Rows to run at once, about.</param>
    /// <param name="outputs">Outputs of the network.</param>
    /// <param name="replicas">Those that measure together; null for one alone.</param>
    public NetworkValidation(
        NetworkSettings settings, EncodedRows rows, int offset, TrainingTargets targets, TargetScale scale, int batchSize, int outputs, ReplicaGroup? replicas = null)
    {
        _replicas = replicas;
        _starts = StartsOf(targets, replicas?.Shard.Count ?? 1);
        (_settings, _rows, _offset, _targets, _scale, _outputs) = (settings, rows, offset, targets, scale, outputs);
        _loss = NetworkLoss.Create(settings, targets, isTraining: false);
        _batch = new(Math.Max(batchSize, LargestGroup(targets.Groups)), rows.Width, rows.IdCount, settings.Options.Task == ModelTask.MulticlassClassification, targets.Weights.Length > 0);
    }

    /// <summary>Whether a metric is better the greater it is.</summary>
    public static bool IsGreaterBetter(ValidationMetric metric) => metric is ValidationMetric.Auc or ValidationMetric.Accuracy or ValidationMetric.Ndcg;

    /// <summary>Measures a network on a device.</summary>
    public void GoTo(TrainingDevice device) => _batch.GoTo(device);

    /// <summary>Measures.</summary>
    /// <param name="network">The network, out of training.</param>
    /// <param name="cancellationToken">Ends between batches.</param>
    public EpochScore Measure(TrainableNetwork network, CancellationToken cancellationToken)
    {
        var outputs = _settings.Options.StopMetric == ValidationMetric.Loss ? [] : new float[_targets.RowCount * _outputs];
        double sum = 0, share = 0;
        var rank = _replicas?.Shard.Rank ?? 0;
        using var gradients = torch.no_grad();
        for (var done = _starts[rank]; done < _starts[rank + 1]; done += _batch.Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            _batch.Copy(_rows, _targets, _offset, done, CountFrom(done, _starts[rank + 1]));
            var output = MixedPrecision.Forward(network, _batch, _settings.Options.Precision);
            var (loss, weight) = _loss.Compute(output, _batch);
            sum += weight == 0 ? 0 : loss.item<float>() * weight;
            share += weight;
            if (outputs.Length > 0)
            {
                FlatParameters.Floats(output.contiguous().cpu()).CopyTo(outputs.AsSpan(done * _outputs));
            }
        }

        return _replicas is null ? Score(sum, share, outputs) : ScoreTogether(_replicas, sum, share, outputs);
    }

    public void Dispose() => _batch.Dispose();

    private static int LargestGroup(int[] groups)
    {
        var (largest, start) = (0, 0);
        for (var row = 1; row <= groups.Length; row++)
        {
            if (row == groups.Length || groups[row] != groups[start])
            {
                (largest, start) = (Math.Max(largest, row - start), row);
            }
        }

        return largest;
    }

    // Rows of a group are compared with each other, so they go together.
    private int CountFrom(int start, int partEnd)
    {
        var end = Math.Min(start + _batch.Capacity, partEnd);
        if (_targets.Groups.Length > 0 && end < partEnd)
        {
            while (_targets.Groups[end] == _targets.Groups[end - 1])
            {
                end--;
            }
        }

        return end - start;
    }

    private static int[] StartsOf(TrainingTargets targets, int parts)
    {
        var starts = new int[parts + 1];
        for (var part = 1; part <= parts; part++)
        {
            var start = (int)((long)targets.RowCount * part / parts);
            while (start > 0 && start < targets.Groups.Length && targets.Groups[start] == targets.Groups[start - 1])
            {
                start++;
            }

            starts[part] = start;
        }

        return starts;
    }

    private EpochScore Score(double sum, double share, float[] outputs)
    {
        var mean = share == 0 ? 0 : sum / share;
        return new(mean, outputs.Length == 0 ? mean : Metric(outputs));
    }

    private EpochScore ScoreTogether(ReplicaGroup replicas, double sum, double share, float[] outputs)
    {
        Span<double> totals = [sum, share];
        replicas.Sum(totals, "validation loss");
        if (outputs.Length > 0)
        {
            replicas.Gather(outputs, [.. _starts.Zip(_starts.Skip(1), (start, end) => (end - start) * _outputs)], "validation outputs");
        }

        var score = replicas.IsFirst ? Score(totals[0], totals[1], outputs) : default;
        Span<double> decided = [score.Loss, score.Metric];
        replicas.Give(decided, "validation score");
        return new(decided[0], decided[1]);
    }

    private double Metric(float[] outputs)
    {
        var targets = _targets.Values;
        switch (_settings.Options.StopMetric)
        {
            case ValidationMetric.Auc or ValidationMetric.Accuracy when _outputs == 1:
                var binary = BinaryClassificationMetrics.Compute(Array.ConvertAll(outputs, v => 1 / (1 + Math.Exp(-v))), Array.ConvertAll(targets, t => (byte)t));
                return _settings.Options.StopMetric == ValidationMetric.Auc ? binary.Auc : binary.Accuracy;
            case ValidationMetric.Auc or ValidationMetric.Accuracy:
                var classes = MulticlassMetrics.Compute(Softmax(outputs), Array.ConvertAll(targets, t => (int)t), _outputs);
                return _settings.Options.StopMetric == ValidationMetric.Auc ? classes.MacroAuc : classes.Accuracy;
            case ValidationMetric.Ndcg:
                return RankingMetrics.Compute(Array.ConvertAll(outputs, v => (double)v), Array.ConvertAll(targets, t => (double)t), Array.ConvertAll(_targets.Groups, g => (ulong)g)).Ndcg;
            default:
                var regression = RegressionMetrics.Compute(Array.ConvertAll(outputs, v => v * _scale.Factor), Array.ConvertAll(targets, t => t * _scale.Factor));
                return _settings.Options.StopMetric == ValidationMetric.RootMeanSquaredError ? regression.RootMeanSquaredError : regression.MeanAbsoluteError;
        }
    }

    private double[] Softmax(float[] outputs)
    {
        var scores = new double[outputs.Length];
        for (var start = 0; start < outputs.Length; start += _outputs)
        {
            var row = outputs.AsSpan(start, _outputs);
            var score = scores.AsSpan(start, _outputs);
            double largest = float.NegativeInfinity, sum = 0;
            foreach (var value in row)
            {
                largest = Math.Max(largest, value);
            }

            for (var i = 0; i < row.Length; i++)
            {
                sum += score[i] = Math.Exp(row[i] - largest);
            }

            foreach (ref var value in score)
            {
                value /= sum;
            }
        }

        return scores;
    }
}
