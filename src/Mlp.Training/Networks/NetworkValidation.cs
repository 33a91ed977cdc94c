using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Networks.Interop;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>Measures a network on rows that it does not learn from. Not thread-safe.</summary>
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

    /// <summary>Prepares.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="rows">Encoded rows.</param>
    /// <param name="offset">Where the validation rows begin among them.</param>
    /// <param name="targets">Targets of the validation rows.</param>
    /// <param name="scale">How labels became targets.</param>
    /// <param name="batchSize">Rows to run at once, about.</param>
    /// <param name="outputs">Outputs of the network.</param>
    public NetworkValidation(NetworkSettings settings, EncodedRows rows, int offset, TrainingTargets targets, TargetScale scale, int batchSize, int outputs)
    {
        (_settings, _rows, _offset, _targets, _scale, _outputs) = (settings, rows, offset, targets, scale, outputs);
        _loss = NetworkLoss.Create(settings, targets, isTraining: false);
        _batch = new(Math.Max(batchSize, LargestGroup(targets.Groups)), rows.Width, rows.IdCount, settings.Options.Task == ModelTask.MulticlassClassification, targets.Weights.Length > 0);
    }

    /// <summary>Whether a metric is better the greater it is.</summary>
    public static bool IsGreaterBetter(ValidationMetric metric) => metric is ValidationMetric.Auc or ValidationMetric.Accuracy or ValidationMetric.Ndcg;

    /// <summary>Measures.</summary>
    /// <param name="network">The network, out of training.</param>
    /// <param name="cancellationToken">Ends between batches.</param>
    public EpochScore Measure(TrainableNetwork network, CancellationToken cancellationToken)
    {
        var outputs = _settings.Options.StopMetric == ValidationMetric.Loss ? [] : new float[_targets.RowCount * _outputs];
        double sum = 0, share = 0;
        using var gradients = torch.no_grad();
        for (var done = 0; done < _targets.RowCount; done += _batch.Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            _batch.Copy(_rows, _targets, _offset, done, CountFrom(done));
            var output = MixedPrecision.Forward(network, _batch, _settings.Options.Precision);
            var (loss, weight) = _loss.Compute(output, _batch);
            sum += weight == 0 ? 0 : loss.item<float>() * weight;
            share += weight;
            if (outputs.Length > 0)
            {
                FlatParameters.Floats(output.contiguous()).CopyTo(outputs.AsSpan(done * _outputs));
            }
        }

        var mean = share == 0 ? 0 : sum / share;
        return new(mean, outputs.Length == 0 ? mean : Metric(outputs));
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
    private int CountFrom(int start)
    {
        var end = Math.Min(start + _batch.Capacity, _targets.RowCount);
        if (_targets.Groups.Length > 0 && end < _targets.RowCount)
        {
            while (_targets.Groups[end] == _targets.Groups[end - 1])
            {
                end--;
            }
        }

        return end - start;
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
