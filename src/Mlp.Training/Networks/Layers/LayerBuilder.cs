using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Makes the weights of a network's layers in the order of the forward pass, with initial values of one generator.</summary>
/// <param name="random">Draws initial values.</param>
internal sealed class LayerBuilder(SeededRandom random)
{
    /// <summary>The memory of a tensor is one span of bytes.</summary>
    private const long MaximumCount = int.MaxValue / sizeof(float);

    public List<KeyValuePair<string, Parameter>> Parameters { get; } = [];

    public List<KeyValuePair<string, Tensor>> Buffers { get; } = [];

    /// <summary>Makes weights.</summary>
    /// <param name="site">Where the layer stands.</param>
    /// <param name="specifications">The weights in the order of their initial values.</param>
    /// <param name="existing">Weights that a TorchSharp module has made, by name; they are filled. Null for none.</param>
    /// <returns>The tensors by their names within the layer.</returns>
    public IReadOnlyDictionary<string, Tensor> Make(
        LayerSite site, IReadOnlyList<WeightSpecification> specifications, IReadOnlyDictionary<string, Parameter>? existing = null)
    {
        var made = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var specification in specifications)
        {
            var name = site.NameOf(specification);
            if (specification.Count > MaximumCount)
            {
                throw site.Refuse(FormattableString.Invariant($"weights of at most {MaximumCount} numbers each, but '{name}' would have {specification.Count}"));
            }

            made.Add(specification.Name, specification.Role == WeightRole.Parameter ? MakeParameter(name, specification, existing) : MakeBuffer(name, specification));
        }

        return made;
    }

    private Parameter MakeParameter(string name, WeightSpecification specification, IReadOnlyDictionary<string, Parameter>? existing)
    {
        if (existing is null || !existing.TryGetValue(specification.Name, out var parameter))
        {
            parameter = new Parameter(torch.empty(specification.Shape, torch.float32, torch.CPU), requires_grad: true);
        }

        specification.Initialisation.Fill(MemoryMarshal.Cast<byte, float>(parameter.bytes), random);
        parameter.DetachFromDisposeScope();
        Parameters.Add(new(name, parameter));
        return parameter;
    }

    private Tensor MakeBuffer(string name, WeightSpecification specification)
    {
        var isCounter = specification.Role == WeightRole.Counter;
        var buffer = torch.zeros(specification.Shape, isCounter ? torch.int64 : torch.float32, torch.CPU).DetachFromDisposeScope();
        if (!isCounter)
        {
            specification.Initialisation.Fill(MemoryMarshal.Cast<byte, float>(buffer.bytes), random);
        }

        Buffers.Add(new(name, buffer));
        return buffer;
    }
}
