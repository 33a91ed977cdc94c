using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// The network in libtorch. It makes its own layers, so that it knows how each was made, and draws initial weights and dropout from its own generators.
/// </summary>
internal sealed class FeedForwardNetwork : TrainableNetwork
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    private readonly List<Linear> _linears = [];
    private readonly List<BatchNorm1d> _norms = [];
    private readonly double _dropout;
    private readonly SeededRandom _dropoutRandom;
    private bool _isTraining;

    /// <summary>Makes the layers.</summary>
    /// <param name="inputs">Inputs of the first layer.</param>
    /// <param name="options">Shape of the network.</param>
    /// <param name="outputs">Outputs of the last layer.</param>
    public FeedForwardNetwork(int inputs, NetworkOptions options, int outputs)
    {
        _dropout = options.Dropout;
        _dropoutRandom = SeededRandom.For(options.Seed, "dropout");
        var initialisation = SeededRandom.For(options.Seed, "weights");
        foreach (var units in options.HiddenLayers ?? [64, 32])
        {
            _linears.Add(NewLinear(inputs, units, initialisation));
            if (options.BatchNorm)
            {
                _norms.Add(torch.nn.BatchNorm1d(units, Epsilon, Momentum, device: torch.CPU, dtype: torch.float32));
            }

            inputs = units;
        }

        _linears.Add(NewLinear(inputs, outputs, initialisation));
    }

    public override IReadOnlyList<KeyValuePair<string, Parameter>> Parameters
        => [.. _linears.SelectMany((l, i) => Named($"linear{i}", l)), .. _norms.SelectMany((n, i) => Named($"norm{i}", n))];

    public override IReadOnlyList<KeyValuePair<string, Tensor>> Buffers
        => [.. _norms.SelectMany((n, i) => new KeyValuePair<string, Tensor>[] { new($"norm{i}.running_mean", n.running_mean!), new($"norm{i}.running_var", n.running_var!) })];

    public override IReadOnlyDictionary<string, SeededRandom> Generators => new Dictionary<string, SeededRandom> { ["dropout"] = _dropoutRandom };

    public override Tensor Forward(Tensor? dense, Tensor? ids, Action<string, Tensor>? observe = null)
    {
        var x = dense!;
        for (var i = 0; i < _linears.Count - 1; i++)
        {
            x = _linears[i].forward(x);
            observe?.Invoke($"linear{i}", x);
            x = (_norms.Count > 0 ? _norms[i].forward(x) : x).relu();
            observe?.Invoke($"hidden{i}", x);
            if (_isTraining && _dropout > 0)
            {
                var mask = torch.empty(x.shape, torch.float32, torch.CPU);
                _dropoutRandom.FillDropoutMask(FlatParameters.Floats(mask), _dropout);
                x = x.mul(mask);
            }
        }

        x = _linears[^1].forward(x);
        observe?.Invoke($"linear{_linears.Count - 1}", x);
        return x;
    }

    public override void Train()
    {
        _isTraining = true;
        _norms.ForEach(n => n.train());
    }

    public override void Evaluate()
    {
        _isTraining = false;
        _norms.ForEach(n => n.eval());
    }

    /// <summary>What the network computes in service, layer by layer, without its link.</summary>
    public IReadOnlyList<NetworkLayer> Describe()
    {
        var layers = new List<NetworkLayer>();
        for (var i = 0; i < _linears.Count; i++)
        {
            layers.Add(new NetworkLayer.Linear(Values(_linears[i].weight), Values(_linears[i].bias!)));
            if (i == _linears.Count - 1)
            {
                break;
            }

            if (_norms.Count > 0)
            {
                var norm = _norms[i];
                layers.Add(new NetworkLayer.BatchNorm(Values(norm.weight!), Values(norm.bias!), Values(norm.running_mean!), Values(norm.running_var!), Epsilon));
            }

            layers.Add(new NetworkLayer.Relu());
        }

        return layers;
    }

    public override void Dispose()
    {
        _linears.ForEach(l => l.Dispose());
        _norms.ForEach(n => n.Dispose());
    }

    private static IEnumerable<KeyValuePair<string, Parameter>> Named(string prefix, torch.nn.Module module)
        => module.named_parameters().Select(p => new KeyValuePair<string, Parameter>($"{prefix}.{p.name}", p.parameter));

    // Uniform within ±1/√inputs, as torch.nn.Linear begins.
    private static Linear NewLinear(int inputs, int outputs, SeededRandom random)
    {
        var linear = torch.nn.Linear(inputs, outputs, device: torch.CPU, dtype: torch.float32);
        var bound = 1 / Math.Sqrt(inputs);
        foreach (var parameter in linear.parameters())
        {
            foreach (ref var weight in FlatParameters.Floats(parameter))
            {
                weight = (float)(((2 * random.NextDouble()) - 1) * bound);
            }
        }

        return linear;
    }

    private static float[] Values(Tensor tensor) => FlatParameters.Floats(tensor).ToArray();
}
