using Mlp.Training.Networks.Devices;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>
/// What a forward pass in training changes beside its outputs: generators, and running statistics, which one overflow would spoil for ever. So a pass can be repeated or taken back. Not
/// thread-safe.
/// </summary>
internal sealed class ForwardState
{
    private readonly SeededRandom[] _generators;
    private readonly ulong[] _states;
    private readonly torch.Tensor[] _buffers;
    private readonly byte[][] _values;
    private readonly TrainingDevice _device;

    /// <summary>Prepares.</summary>
    /// <param name="network">The network.</param>
    /// <param name="keepsBuffers">Whether running statistics are kept too.</param>
    /// <param name="device">Where the network lies; null for the processor.</param>
    public ForwardState(TrainableNetwork network, bool keepsBuffers, TrainingDevice? device = null)
    {
        _device = device ?? TrainingDevice.Host;
        _generators = [.. network.Generators.Values];
        _states = new ulong[_generators.Length];
        _buffers = keepsBuffers ? [.. network.Buffers.Select(b => b.Value)] : [];
        _values = [.. _buffers.Select(b => new byte[b.numel() * b.element_size()])];
    }

    /// <summary>Keeps what is.</summary>
    public void Take()
    {
        for (var i = 0; i < _states.Length; i++)
        {
            _states[i] = _generators[i].State;
        }

        for (var i = 0; i < _values.Length; i++)
        {
            _device.Read(_buffers[i], _values[i]);
        }
    }

    /// <summary>Makes it as it was kept.</summary>
    public void GiveBack()
    {
        for (var i = 0; i < _states.Length; i++)
        {
            _generators[i].State = _states[i];
        }

        for (var i = 0; i < _values.Length; i++)
        {
            _device.Write(_values[i], _buffers[i]);
        }
    }
}
