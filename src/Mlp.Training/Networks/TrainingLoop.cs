using Mlp.Training.Preprocessing;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// Runs the epochs on one thread. Memory is taken once: batches are gathered into the same tensors, and each step frees what it made when its scope ends, because the garbage
/// collector does not see native memory.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly FeedForwardNetwork _network;
    private readonly FeedForwardSettings _settings;
    private readonly EncodedRows _rows;
    private readonly float[] _targets;
    private readonly int _trainingCount;
    private readonly int[] _order;
    private readonly SeededRandom _shuffle;
    private readonly torch.optim.Optimizer _optimizer;
    private readonly Tensor _batch;
    private readonly Tensor _labels;
    private readonly List<Tensor> _masks = [];
    private readonly int _largestBatch;

    /// <summary>Prepares the loop.</summary>
    /// <param name="network">The network to train.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="targets">One target per row: a class, or a standardised number.</param>
    /// <param name="trainingCount">The first rows, which are trained on; the others validate.</param>
    public TrainingLoop(FeedForwardNetwork network, FeedForwardSettings settings, EncodedRows rows, float[] targets, int trainingCount)
    {
        (_network, _settings, _rows, _targets, _trainingCount) = (network, settings, rows, targets, trainingCount);
        _order = [.. Enumerable.Range(0, trainingCount)];
        _shuffle = SeededRandom.For(settings.Seed, "order");
        _optimizer = torch.optim.AdamW(network.Parameters, settings.LearningRate, 0.9, 0.999, 1e-8, settings.WeightDecay);
        _largestBatch = (trainingCount + StepsPerEpoch - 1) / StepsPerEpoch;
        _batch = FeedForwardNetwork.Zeros(_largestBatch, rows.Width);
        _labels = FeedForwardNetwork.Zeros(_largestBatch);
        if (settings.Dropout > 0)
        {
            _masks.AddRange(settings.HiddenLayers.Select(units => FeedForwardNetwork.Zeros(_largestBatch, units)));
        }
    }

    // Steps of nearly equal size: a last step of one row would have no variance for BatchNorm.
    private int StepsPerEpoch => Math.Max(1, Math.Min((_trainingCount + _settings.BatchSize - 1) / _settings.BatchSize, _trainingCount / 2));

    /// <summary>Trains for one epoch.</summary>
    /// <param name="epoch">Epoch from 1, for messages.</param>
    /// <param name="cancellationToken">Ends training between steps.</param>
    /// <returns>Mean loss over the rows.</returns>
    /// <exception cref="TrainingDivergedException">The loss is no longer finite.</exception>
    public double RunEpoch(int epoch, CancellationToken cancellationToken)
    {
        _shuffle.Shuffle(_order);
        double sum = 0;
        var steps = StepsPerEpoch;
        for (var step = 0; step < steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = (int)((long)_trainingCount * step / steps);
            var end = (int)((long)_trainingCount * (step + 1) / steps);
            var loss = RunStep(_order.AsSpan(start, end - start));
            sum += float.IsFinite(loss) ? loss * (double)(end - start) : throw new TrainingDivergedException(epoch, step + 1, _settings.LearningRate);
        }

        return sum / _trainingCount;
    }

    /// <summary>Mean loss over the rows that are not trained on.</summary>
    public double Validate(CancellationToken cancellationToken)
    {
        _network.Evaluate();
        double sum = 0;
        var count = _rows.RowCount - _trainingCount;
        using var gradients = torch.no_grad();
        for (var done = 0; done < count; done += _largestBatch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var size = Math.Min(_largestBatch, count - done);
            _rows.Copy(_trainingCount + done, size, FeedForwardNetwork.Floats(_batch));
            var outputs = FeedForwardNetwork.Floats(_network.Infer(_batch.narrow(0, 0, size)).contiguous());
            for (var i = 0; i < size; i++)
            {
                sum += Loss(outputs[i], _targets[_trainingCount + done + i]);
            }
        }

        return sum / count;
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _batch.Dispose();
        _labels.Dispose();
        _masks.ForEach(m => m.Dispose());
    }

    private float RunStep(ReadOnlySpan<int> rows)
    {
        using var scope = torch.NewDisposeScope();
        _rows.Gather(rows, FeedForwardNetwork.Floats(_batch));
        var labels = FeedForwardNetwork.Floats(_labels);
        for (var i = 0; i < rows.Length; i++)
        {
            labels[i] = _targets[rows[i]];
        }

        _optimizer.zero_grad();
        var size = rows.Length;
        var isWhole = size == _largestBatch;
        var output = _network.Train(
            isWhole ? _batch : _batch.narrow(0, 0, size),
            isWhole ? _masks : _masks.ConvertAll(m => m.narrow(0, 0, size)));
        var target = isWhole ? _labels : _labels.narrow(0, 0, size);
        var loss = _settings.IsClassifier
            ? torch.nn.functional.binary_cross_entropy_with_logits(output, target)
            : torch.nn.functional.mse_loss(output, target);
        loss.backward();
        _optimizer.step();
        return loss.item<float>();
    }

    // Log loss from the logit without overflow: max(z, 0) − z·y + ln(1 + e^−|z|).
    private double Loss(double output, double target)
        => _settings.IsClassifier
            ? Math.Max(output, 0) - (output * target) + Math.Log(1 + Math.Exp(-Math.Abs(output)))
            : (output - target) * (output - target);
}
