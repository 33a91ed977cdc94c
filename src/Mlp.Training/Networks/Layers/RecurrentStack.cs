using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>One layer of a recurrent layer's depth: a TorchSharp module without dropout, because libtorch would draw that from its global generator.</summary>
/// <param name="Module">The module.</param>
/// <param name="Step">Shape (N, steps, inputs) to outputs of each step, shape (N, steps, directions · units), and last states, shape (directions, N, units).</param>
/// <param name="Weights">Its weights by PyTorch's names for a single layer.</param>
internal sealed record RecurrentStack(torch.nn.Module Module, Func<Tensor, (Tensor Sequence, Tensor Last)> Step, IReadOnlyDictionary<string, Tensor> Weights)
{
    public IEnumerable<KeyValuePair<string, Parameter>> Parameters => Module.named_parameters().Select(p => KeyValuePair.Create(p.name, p.parameter));

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The module that owns the stack disposes of it.")]
    public static RecurrentStack Create(RecurrentCell cell, int inputs, int units, bool bias, bool isBidirectional)
    {
        if (cell == RecurrentCell.Lstm)
        {
            var lstm = torch.nn.LSTM(inputs, units, 1, bias, batchFirst: true, 0, isBidirectional, torch.CPU, torch.float32);
            return new(lstm, x => lstm.forward(x, null) is var (sequence, last, _) ? (sequence, last) : default, new Dictionary<string, Tensor>());
        }

        var gru = torch.nn.GRU(inputs, units, 1, bias, batchFirst: true, 0, isBidirectional, torch.CPU, torch.float32);
        return new(gru, x => gru.forward(x, null), new Dictionary<string, Tensor>());
    }
}
