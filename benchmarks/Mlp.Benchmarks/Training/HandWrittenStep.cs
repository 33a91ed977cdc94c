using Mlp.Training.Networks;
using Mlp.Training.Networks.Interop;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Mlp.Benchmarks.Training;

/// <summary>A training loop as one writes it with TorchSharp: the same network, batches by index from a tensor that holds all rows, and libtorch's fused AdamW for each weight. Not thread-safe.</summary>
internal sealed class HandWrittenStep : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _network;
    private readonly Tensor _rows;
    private readonly Tensor _labels;
    private readonly bool _isBinary;
    private readonly List<(Parameter Weight, Tensor Mean, Tensor Square)> _weights = [];
    private readonly Tensor _step = zeros(1);
    private readonly AdamRates _rates = new(1e-3, 0.9, 0.999, 0.01, 1e-8);
    private Tensor? _order;
    private int _next = StepSubject.RowCount;
    private long _steps;

    /// <summary>Makes the network.</summary>
    public HandWrittenStep(StepSubject subject)
    {
        _isBinary = subject.Classes == 1;
        _network = subject.CreateByHand();
        _rows = tensor(subject.Values, [StepSubject.RowCount, subject.Width]);
        _labels = _isBinary ? tensor(Array.ConvertAll(subject.Labels, l => (float)l)) : tensor(Array.ConvertAll(subject.Labels, l => (long)l));
        _weights.AddRange(_network.parameters().Select(p => (p, zeros_like(p).detach(), zeros_like(p).detach())));
    }

    /// <summary>The loss of the last step.</summary>
    public float Loss { get; private set; }

    /// <summary>Takes one step.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        if (_next == StepSubject.RowCount)
        {
            _order?.Dispose();
            _order = randperm(StepSubject.RowCount).DetachFromDisposeScope();
            _next = 0;
        }

        var index = _order!.narrow(0, _next, StepSubject.BatchRows);
        _next += StepSubject.BatchRows;
        foreach (var (weight, _, _) in _weights)
        {
            using var gradient = weight.grad;
            gradient?.zero_();
        }

        var output = _network.forward(_rows.index_select(0, index));
        var target = _labels.index_select(0, index);
        var loss = _isBinary ? nn.functional.binary_cross_entropy_with_logits(output.squeeze(1), target) : nn.functional.cross_entropy(output, target);
        Loss = loss.item<float>();
        loss.backward();
        _step.fill_(++_steps);
        foreach (var (weight, mean, square) in _weights)
        {
            using var gradient = weight.grad;
            FusedOptimizers.Adam(isDecoupled: true, weight, gradient!, mean, square, _step, _rates);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _order?.Dispose();
        _step.Dispose();
        _rows.Dispose();
        _labels.Dispose();
        foreach (var (_, mean, square) in _weights)
        {
            mean.Dispose();
            square.Dispose();
        }

        _network.Dispose();
    }
}
