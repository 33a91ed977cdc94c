using Mlp.Training.Interop;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Mlp.Benchmarks.Training;

/// <summary>A small network and one batch, trained step by step. Not thread-safe.</summary>
internal sealed class TrainingLoad : IDisposable
{
    private const int Features = 64;
    private const int BatchRows = 256;

    private readonly Sequential _network;
    private readonly optim.Optimizer _optimizer;
    private readonly Tensor _rows;
    private readonly Tensor _labels;
    private readonly int _threads;

    /// <summary>Makes the network.</summary>
    /// <param name="threads">Threads that libtorch computes one step with.</param>
    public TrainingLoad(int threads)
    {
        Torch.EnsureLoaded();
        _threads = threads;
        random.manual_seed(1);
        _network = nn.Sequential(nn.Linear(Features, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1));
        _optimizer = optim.Adam(_network.parameters());
        _rows = randn(BatchRows, Features);
        _labels = _rows.sum(1, keepdim: true).DetachFromDisposeScope();
    }

    /// <summary>Takes one step.</summary>
    public void Step()
    {
        // The number belongs to the thread that asks.
        set_num_threads(_threads);
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        var loss = nn.functional.mse_loss(_network.forward(_rows), _labels);
        loss.backward();
        _optimizer.step();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _labels.Dispose();
        _rows.Dispose();
        _optimizer.Dispose();
        _network.Dispose();
    }
}
