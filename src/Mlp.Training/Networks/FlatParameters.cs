using System.Runtime.InteropServices;
using Mlp.Training.Networks.Devices;
using Mlp.Training.Networks.Layers;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// All weights of a network in one piece of memory and all gradients in another; the network's parameters become views of them. So one pass clips, checks, averages, saves or moves
/// everything. Weights that decay stand before those that do not. Not thread-safe.
/// </summary>
internal sealed partial class FlatParameters : IDisposable
{
    // Views begin at multiples of a cache line; the zeros between them stay zero.
    private const int Alignment = 16;

    // Spans and checkpoints hold less than 2 GiB of weights; room is left for what lies between the views.
    private const long MaximumLength = 530_000_000;

    private readonly List<(string Name, Parameter Parameter, int Offset, int Length)> _slices = [];

    /// <summary>Moves a network's parameters into flat memory.</summary>
    /// <param name="network">The network; its parameters keep their values.</param>
    /// <param name="decaysVectors">Whether biases and the scales and shifts of normalisations, which have one dimension, decay too.</param>
    /// <param name="device">Where the network lies; null for the processor.</param>
    /// <exception cref="NetworkDefinitionException">It has too many weights.</exception>
    public FlatParameters(TrainableNetwork network, bool decaysVectors, TrainingDevice? device = null)
    {
        Device = device ?? TrainingDevice.Host;
        if (network.Parameters.Sum(p => p.Value.numel()) is > MaximumLength and var count)
        {
            throw new NetworkDefinitionException(FormattableString.Invariant($"Expected a network of at most {MaximumLength} weights, but it has {count}."));
        }

        var length = 0;
        foreach (var (name, parameter) in network.Parameters.OrderBy(p => IsDecayed(p.Value, decaysVectors) ? 0 : 1))
        {
            _slices.Add((name, parameter, length, checked((int)parameter.numel())));
            length = checked(length + ((_slices[^1].Length + Alignment - 1) / Alignment * Alignment));
            DecayedLength = IsDecayed(parameter, decaysVectors) ? length : DecayedLength;
        }

        Weights = torch.zeros([length], torch.float32, Device.Torch).DetachFromDisposeScope();
        Gradients = torch.zeros([length], torch.float32, Device.Torch).DetachFromDisposeScope();
        using var scope = torch.NewDisposeScope();
        using var gradients = torch.no_grad();
        foreach (var (_, parameter, offset, size) in _slices)
        {
            var shape = parameter.shape;
            TakeOver(parameter, offset, size);
            parameter.set_(Weights.narrow(0, offset, size).view(shape));
            parameter.grad = Gradients.narrow(0, offset, size).view(shape);
        }
    }

    /// <summary>Where all of it lies.</summary>
    public TrainingDevice Device { get; }

    /// <summary>Shape (length).</summary>
    public Tensor Weights { get; }

    /// <summary>Shape (length); zeroed by <see cref="ClearGradients"/>, filled by every backward pass.</summary>
    public Tensor Gradients { get; }

    /// <summary>The parameters in the order of their views.</summary>
    public IReadOnlyList<Parameter> Parameters => [.. _slices.Select(s => s.Parameter)];

    /// <summary>Where the view of each begins.</summary>
    public IReadOnlyList<int> Offsets => [.. _slices.Select(s => s.Offset)];

    /// <summary>Numbers in each, those between the parameters included.</summary>
    public int Length => (int)Weights.numel();

    /// <summary>The first numbers, which decay.</summary>
    public int DecayedLength { get; }

    /// <summary>The memory of <see cref="Weights"/>, on the processor.</summary>
    public Span<float> WeightValues => Floats(Weights);

    /// <summary>The memory of <see cref="Gradients"/>, on the processor.</summary>
    public Span<float> GradientValues => Floats(Gradients);

    /// <summary>The memory of a float32 tensor on the processor.</summary>
    public static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    /// <summary>The parameter that a number belongs to.</summary>
    public string NameAt(int index) => _slices.FindLast(s => s.Offset <= index).Name;

    /// <summary>Checks that a backward pass has written into the flat memory, on which everything rests.</summary>
    /// <exception cref="InvalidOperationException">libtorch gave a parameter another gradient.</exception>
    public void ThrowIfMoved()
    {
        foreach (var (name, parameter, offset, size) in _slices)
        {
            using var gradient = parameter.grad;
            if (gradient is null || !IsInPlace(gradient, Gradients, offset, size) || !IsInPlace(parameter, Weights, offset, size))
            {
                throw new InvalidOperationException($"Expected parameter '{name}' and its gradient to stay in the memory of the training, but libtorch has moved them.");
            }
        }
    }

    /// <summary>Frees the gradients; the network keeps the weights.</summary>
    public void Dispose()
    {
        foreach (var slice in _slices)
        {
            slice.Parameter.grad = null;
        }

        Gradients.Dispose();
        Weights.Dispose();
    }

    private static bool IsDecayed(Parameter parameter, bool decaysVectors) => decaysVectors || parameter.dim() > 1;
}
