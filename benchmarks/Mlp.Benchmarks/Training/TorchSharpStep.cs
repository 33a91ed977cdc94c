using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Mlp.Benchmarks.Training;

/// <summary>The loop of TorchSharp's examples: its DataLoader and its AdamW. Not thread-safe.</summary>
internal sealed class TorchSharpStep : IDisposable
{
    private readonly nn.Module<Tensor, Tensor> _network;
    private readonly optim.Optimizer _optimizer;
    private readonly RowSet _rows;
    private readonly DataLoader _loader;
    private readonly bool _isBinary;
    private IEnumerator<Dictionary<string, Tensor>> _batches;

    /// <summary>Makes the network.</summary>
    public TorchSharpStep(StepSubject subject)
    {
        _isBinary = subject.Classes == 1;
        _network = subject.CreateByHand();
        _optimizer = optim.AdamW(_network.parameters(), 1e-3);
        _rows = new(subject);
        _loader = utils.data.DataLoader(_rows, StepSubject.BatchRows, shuffle: true, device: CPU);
        _batches = _loader.GetEnumerator();
    }

    /// <summary>The loss of the last step.</summary>
    public float Loss { get; private set; }

    /// <summary>Takes one step.</summary>
    public void Step()
    {
        using var scope = NewDisposeScope();
        if (!_batches.MoveNext())
        {
            _batches.Dispose();
            _batches = _loader.GetEnumerator();
            _batches.MoveNext();
        }

        var batch = _batches.Current;
        _optimizer.zero_grad();
        var output = _network.forward(batch["rows"]);
        var loss = _isBinary ? nn.functional.binary_cross_entropy_with_logits(output.squeeze(1), batch["label"]) : nn.functional.cross_entropy(output, batch["label"]);
        Loss = loss.item<float>();
        loss.backward();
        _optimizer.step();
        foreach (var tensor in batch.Values)
        {
            tensor.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _batches.Dispose();
        _loader.Dispose();
        _rows.Dispose();
        _optimizer.Dispose();
        _network.Dispose();
    }

    private sealed class RowSet(StepSubject subject) : utils.data.Dataset
    {
        private readonly Tensor _rows = tensor(subject.Values, [StepSubject.RowCount, subject.Width]).DetachFromDisposeScope();
        private readonly Tensor _labels = (subject.Classes == 1 ? tensor(Array.ConvertAll(subject.Labels, l => (float)l)) : tensor(Array.ConvertAll(subject.Labels, l => (long)l))).DetachFromDisposeScope();

        public override long Count => StepSubject.RowCount;

        public override Dictionary<string, Tensor> GetTensor(long index) => new() { ["rows"] = _rows[index], ["label"] = _labels[index] };

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _rows.Dispose();
                _labels.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
