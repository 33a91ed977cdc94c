using System.Runtime.InteropServices;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>
/// Adds to each step of a sequence of shape (N, steps, size) a vector that says which step it is: sines and cosines of position / 10000^(2i/size) (Vaswani et al., 2017), or learned ones.
/// </summary>
internal sealed record PositionalEncodingLayer(bool IsLearned, double Dropout) : LayerDefinition
{
    private const double LearnedDeviation = 0.02;

    private protected override string KindName => "PositionalEncoding";

    internal override IEnumerable<string> FindFailures() => Share("dropout", Dropout);

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 2, 2, "(N, steps, size)");
        return input;
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
        => IsLearned ? [new("weight", [input.Sizes[0], input.Sizes[1]], WeightInitialisation.Normal(LearnedDeviation))] : [];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new PositionalEncodingModule(site, input, Dropout, builder.Make(site, Weights(input, site)).GetValueOrDefault("weight"));
}

internal sealed class PositionalEncodingModule : LayerModule
{
    private readonly double _dropout;
    private readonly Tensor _encoding;
    private readonly bool _isOwned;

    public PositionalEncodingModule(LayerSite site, TensorShape input, double dropout, Tensor? learned)
        : base(site)
    {
        (_dropout, _isOwned) = (dropout, learned is null);
        _encoding = learned ?? Waves(input.Sizes[0], input.Sizes[1]);
    }

    public override string Write(LayerGraph graph, string x) => graph.Node("Add", [x, graph.Constant("weight", _encoding)]);

    protected override void Release()
    {
        if (_isOwned)
        {
            _encoding.Dispose();
        }
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass) => pass.Drop(x.add(_isOwned && x.device_type != DeviceType.CPU ? _encoding.to(x.device) : _encoding), _dropout);

    private static Tensor Waves(int steps, int size)
    {
        var waves = torch.empty([steps, size], torch.float32, torch.CPU).DetachFromDisposeScope();
        var values = MemoryMarshal.Cast<byte, float>(waves.bytes);
        for (var i = 0; i < values.Length; i++)
        {
            var (step, element) = (i / size, i % size);
            var angle = step / Math.Pow(10000, element / 2 * 2 / (double)size);
            values[i] = (float)(element % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
        }

        return waves;
    }
}
