using Mlp.Training.Networks;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Networks;

/// <summary>One linear layer with given weights: small enough to compute by hand.</summary>
internal sealed class LinearNetwork : TrainableNetwork
{
    private readonly Linear _linear;

    public LinearNetwork(int inputs, int outputs, params ReadOnlySpan<float> weights)
    {
        _linear = torch.nn.Linear(inputs, outputs);
        FlatParameters.Floats(_linear.bias!).Clear();
        weights.CopyTo(FlatParameters.Floats(_linear.weight));
    }

    public override IReadOnlyList<KeyValuePair<string, Parameter>> Parameters => [new("0.bias", _linear.bias!), new("0.weight", _linear.weight)];

    public override IReadOnlyList<KeyValuePair<string, Tensor>> Buffers => [];

    public override IReadOnlyDictionary<string, SeededRandom> Generators => new Dictionary<string, SeededRandom>();

    public Span<float> Weight => FlatParameters.Floats(_linear.weight);

    public Span<float> Bias => FlatParameters.Floats(_linear.bias!);

    public override Tensor Forward(Tensor? dense, Tensor? ids, Action<string, Tensor>? observe = null)
    {
        var output = _linear.forward(dense!);
        observe?.Invoke("0", output);
        return output;
    }

    public override void Train()
    {
    }

    public override void Evaluate()
    {
    }

    public override void Dispose() => _linear.Dispose();
}
