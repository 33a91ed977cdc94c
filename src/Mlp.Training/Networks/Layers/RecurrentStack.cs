using System.Diagnostics.CodeAnalysis;
using Mlp.Training.Networks.Interop;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>One layer of a recurrent layer's depth: a TorchSharp module without dropout, because libtorch would draw that from its global generator.</summary>
internal sealed class RecurrentStack : IDisposable
{
    private readonly torch.nn.Module _module;
    private readonly Func<Tensor, (Tensor Sequence, Tensor Last)> _step;

    private RecurrentStack(torch.nn.Module module, Func<Tensor, (Tensor Sequence, Tensor Last)> step)
    {
        (_module, _step) = (module, step);
        Weights = module.named_parameters().ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
    }

    /// <summary>Its weights by PyTorch's names for a single layer, for example <c>weight_ih_l0_reverse</c>.</summary>
    public IReadOnlyDictionary<string, Parameter> Weights { get; }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The stack disposes of its module.")]
    public static RecurrentStack Create(RecurrentCell cell, int inputs, int units, bool bias, bool isBidirectional)
    {
        if (cell == RecurrentCell.Lstm)
        {
            var lstm = torch.nn.LSTM(inputs, units, 1, bias, batchFirst: true, 0, isBidirectional, torch.CPU, torch.float32);
            return new(lstm, x => lstm.forward(x, null) is var (sequence, last, _) ? (sequence, last) : default);
        }

        var gru = torch.nn.GRU(inputs, units, 1, bias, batchFirst: true, 0, isBidirectional, torch.CPU, torch.float32);
        return new(gru, x => gru.forward(x, null));
    }

    /// <summary>Steps through sequences from a state of 0.</summary>
    /// <param name="x">Shape (N, steps, inputs).</param>
    /// <returns>Outputs of each step, shape (N, steps, directions · units), and last states, shape (directions, N, units).</returns>
    /// <remarks>In float32 in any precision: libtorch's LSTM has no narrow gradient on the processor and ends the process where it finds out.</remarks>
    public (Tensor Sequence, Tensor Last) Run(Tensor x) => Autocast.Without(() => _step(x.to(torch.float32)));

    public void Dispose() => _module.Dispose();
}
