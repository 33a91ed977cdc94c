using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;
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
    private readonly ForwardState _before;
    private readonly StepExchange? _exchange;
    private readonly StepWatch? _watch;
    private bool _isChecked;
    private bool _isOverflown;
    private double _divisor;

    /// <summary>Prepares.</summary>
    /// <param name="network">What to train.</param>
    /// <param name="parameters">Its weights.</param>
    /// <param name="optimizer">What moves them.</param>
    /// <param name="loss">What to make small.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="scaler">The loss scale; null where none is needed.</param>
    /// <param name="exchange">Brings losses and gradients of all replicas together; null for the only one.</param>
    /// <param name="watch">Measures; null for nobody.</param>
    public TrainingStep(
        TrainableNetwork network, FlatParameters parameters, FlatOptimizer optimizer, NetworkLoss loss, NetworkSettings settings, GradientScaler? scaler, StepExchange? exchange, StepWatch? watch)
    {
        (_network, _parameters, _optimizer, _loss, _scaler, _exchange, _watch) = (network, parameters, optimizer, loss, scaler, exchange, watch);
        (_options, _precision) = (settings.Options.Optimizer, settings.Options.Precision);
        _before = new(network, keepsBuffers: scaler is not null, parameters.Device);
    }

    /// <summary>Sum of the losses of the step's batches, each times its share; at the end of a step of all replicas.</summary>
    public double LossSum { get; private set; }

    /// <summary>Sum of the shares.</summary>
    public double LossShare { get; private set; }

    /// <summary>Mean loss of the step.</summary>
    public double Loss => LossShare > 0 ? LossSum / LossShare : _isOverflown ? double.NaN : 0;

    /// <summary>Euclidean norm of the gradients before they were clipped.</summary>
    public double GradientNorm { get; private set; }

    /// <summary>Begins a step.</summary>
    public void Begin()
    {
        _parameters.ClearGradients();
        (LossSum, LossShare, _divisor, _isOverflown) = (0, 0, 0, false);
    }

    /// <summary>Adds the gradients of a batch.</summary>
    /// <param name="batch">The batch, which says how many rows its step has.</param>
    /// <param name="learningRate">For messages.</param>
    /// <param name="isLast">Whether the step has no other batch after it.</param>
    /// <exception cref="TrainingDivergedException">The loss is no number, and with float16 it has not been one for some steps.</exception>
    public void Add(TrainingBatch batch, double learningRate, bool isLast)
    {
        using var scope = torch.NewDisposeScope();
        _watch?.Enter(StepPhase.Forward);
        _before.Take();
        var outputs = MixedPrecision.Forward(_network, batch, _precision);
        var (loss, share) = _loss.Compute(outputs, batch);
        var value = loss.item<float>();
        if (!(_exchange?.IsFinite(float.IsFinite(value), _scaler is not null) ?? float.IsFinite(value)))
        {
            LeaveOut(batch, learningRate);
            BeginExchange(isLast);
            return;
        }

        (LossSum, LossShare) = (LossSum + (value * share), LossShare + share);
        BeginExchange(isLast);
        _watch?.Enter(StepPhase.Backward);

        // Batches of a step count by what their means stand for. How much that is in all of them is known at the end; until then rows stand for it.
        var isAlone = batch.Count == batch.StepRows;
        _divisor = isAlone ? share : batch.StepRows;
        var factor = (_scaler?.Scale ?? 1) * (isAlone ? 1 : share / batch.StepRows);
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
        if (_exchange is not null)
        {
            _watch?.Enter(StepPhase.Gradients);
            (LossSum, LossShare, _isOverflown) = _exchange.End();
        }

        _watch?.Enter(StepPhase.Optimizer);
        if (_scaler is not null)
        {
            _parameters.ScaleGradients((float)(1 / _scaler.Scale));
        }

        if (LossShare > 0 && LossShare != _divisor)
        {
            _parameters.ScaleGradients((float)(_divisor / LossShare));
        }

        GradientNorm = _isOverflown ? double.NaN : _parameters.GradientNorm();
        var isFinite = double.IsFinite(GradientNorm);
        if (!(_scaler?.Update(isFinite) ?? isFinite))
        {
            throw new TrainingDivergedException(epoch, step, learningRate, DivergencePhase.Gradient, _parameters.NameAt(_parameters.IndexOfNonFiniteGradient()));
        }

        if (!isFinite)
        {
            return false;
        }

        if (_options.ClipValue is { } limit)
        {
            _parameters.ClampGradients((float)limit);
        }

        // The small number is PyTorch's.
        if (_options.ClipNorm is { } largest && (_options.ClipValue is null ? GradientNorm : _parameters.GradientNorm()) is var norm && largest / (norm + 1e-6) is var factor and < 1)
        {
            _parameters.ScaleGradients((float)factor);
        }

        _optimizer.Step(learningRate);
        _exchange?.ShareWeights();
        return true;
    }

    private void BeginExchange(bool isLast)
    {
        if (isLast)
        {
            _exchange?.Begin(LossSum, LossShare, _isOverflown);
        }
    }

    // As PyTorch does: where a scaler is at work, the step is left out. Once that no longer helps, training ends at the place where the numbers ended.
    private void LeaveOut(TrainingBatch batch, double learningRate)
    {
        _before.GiveBack();
        if (_scaler is null || _scaler.IsExhausted)
        {
            var (phase, layer) = DivergenceSearch.FindInForward(_network, batch, _precision);
            throw new TrainingDivergedException(batch.Epoch, batch.Index + 1, learningRate, phase, layer);
        }

        _isOverflown = true;
    }
}
