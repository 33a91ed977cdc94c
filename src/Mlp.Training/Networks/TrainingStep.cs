using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// One step: forward and backward passes of its batches, checks, clipping, and the move of the weights. Each pass frees what it made when its scope ends, because the garbage collector does
/// not see native memory.
/// </summary>
internal sealed class TrainingStep
{
    private readonly TrainableNetwork _network;
    private readonly FlatParameters _parameters;
    private readonly FlatOptimizer _optimizer;
    private readonly NetworkLoss _loss;
    private readonly GradientScaler? _scaler;
    private readonly OptimizerOptions _options;
    private readonly NetworkPrecision _precision;
    private bool _isChecked;

    /// <summary>Prepares.</summary>
    /// <param name="network">What to train.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="optimizer">What moves them.</param>
    /// <param name="loss">What to make small.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="scaler">The loss scale; null where none is needed.</param>
    public TrainingStep(
        TrainableNetwork network, FlatParameters parameters, FlatOptimizer optimizer, NetworkLoss loss, NetworkSettings settings, GradientScaler? scaler)
    {
        (_network, _parameters, _optimizer, _loss, _scaler) = (network, parameters, optimizer, loss, scaler);
        (_options, _precision) = (settings.Options.Optimizer, settings.Options.Precision);
    }

    /// <summary>Sum of the losses of the step's batches, each times its share.</summary>
    public double LossSum { get; private set; }

    /// <summary>Sum of the shares.</summary>
    public double LossShare { get; private set; }

    /// <summary>Euclidean norm of the gradients before they were clipped.</summary>
    public double GradientNorm { get; private set; }

    /// <summary>Begins a step.</summary>
    public void Begin()
    {
        _parameters.ClearGradients();
        (LossSum, LossShare) = (0, 0);
    }

    /// <summary>Adds the gradients of a batch.</summary>
    /// <param name="batch">The batch, which says how many rows its step has.</param>
    /// <param name="learningRate">For messages.</param>
    /// <exception cref="TrainingDivergedException">The loss is no number.</exception>
    public void Add(TrainingBatch batch, double learningRate)
    {
        using var scope = torch.NewDisposeScope();
        var outputs = MixedPrecision.Forward(_network, batch, _precision);
        var (loss, share) = _loss.Compute(outputs, batch);
        var value = loss.item<float>();
        if (!float.IsFinite(value))
        {
            var (phase, layer) = DivergenceSearch.FindInForward(_network, batch);
            throw new TrainingDivergedException(batch.Epoch, batch.Index + 1, learningRate, phase, layer);
        }

        (LossSum, LossShare) = (LossSum + (value * share), LossShare + share);
        var factor = (_scaler?.Scale ?? 1) * batch.Count / batch.StepRows;
        (factor == 1 ? loss : loss.mul(factor)).backward();
        if (!_isChecked)
        {
            _parameters.ThrowIfMoved();
            _isChecked = true;
        }
    }

    /// <summary>Moves the weights.</summary>
    /// <param name="learningRate">Step size.</param>
    /// <param name="epoch">Epoch from 1, for messages.</param>
    /// <param name="step">Batch within it from 1, for messages.</param>
    /// <returns>False when the weights stayed, because gradients left float16.</returns>
    /// <exception cref="TrainingDivergedException">A gradient is no number.</exception>
    public bool End(double learningRate, int epoch, int step)
    {
        var gradients = _parameters.GradientValues;
        if (_scaler is not null)
        {
            FlatKernels.Scale(gradients, (float)(1 / _scaler.Scale));
        }

        GradientNorm = FlatKernels.Norm(gradients);
        var isFinite = double.IsFinite(GradientNorm);
        if (!(_scaler?.Update(isFinite) ?? isFinite))
        {
            throw new TrainingDivergedException(epoch, step, learningRate, DivergencePhase.Gradient, _parameters.NameAt(FlatKernels.IndexOfNonFinite(gradients)));
        }

        if (!isFinite)
        {
            return false;
        }

        if (_options.ClipValue is { } limit)
        {
            FlatKernels.Clamp(gradients, (float)limit);
        }

        // The small number is PyTorch's.
        if (_options.ClipNorm is { } largest && (_options.ClipValue is null ? GradientNorm : FlatKernels.Norm(gradients)) is var norm && largest / (norm + 1e-6) is var factor and < 1)
        {
            FlatKernels.Scale(gradients, (float)factor);
        }

        _optimizer.Step(learningRate);
        return true;
    }
}
