using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// The network in libtorch. It makes its own layers, so that it knows how each was made, and draws initial weights and dropout from its own generators.
/// Training is for one thread; <see cref="Score"/> is thread-safe once training has ended.
/// </summary>
internal sealed class FeedForwardNetwork : IDisposable
{
    private const double Epsilon = 1e-5;
    private const double Momentum = 0.1;

    private readonly List<Linear> _linears = [];
    private readonly List<BatchNorm1d> _norms = [];
    private readonly double _dropout;
    private readonly bool _isClassifier;
    private readonly float _factor;
    private readonly float _offset;
    private readonly SeededRandom _dropoutRandom;

    /// <summary>Makes the layers.</summary>
    /// <param name="inputs">Inputs of the first layer.</param>
    /// <param name="settings">Shape of the network.</param>
    /// <param name="factor">Standard deviation of the target; 1 for a classifier.</param>
    /// <param name="offset">Mean of the target; 0 for a classifier.</param>
    public FeedForwardNetwork(int inputs, FeedForwardSettings settings, float factor, float offset)
    {
        (_dropout, _isClassifier, _factor, _offset) = (settings.Dropout, settings.IsClassifier, factor, offset);
        _dropoutRandom = SeededRandom.For(settings.Seed, "dropout");
        var initialisation = SeededRandom.For(settings.Seed, "weights");
        foreach (var units in settings.HiddenLayers)
        {
            _linears.Add(NewLinear(inputs, units, initialisation));
            if (settings.BatchNorm)
            {
                _norms.Add(torch.nn.BatchNorm1d(units, Epsilon, Momentum, device: torch.CPU, dtype: torch.float32));
            }

            inputs = units;
        }

        _linears.Add(NewLinear(inputs, 1, initialisation));
    }

    /// <summary>Everything that the optimizer moves.</summary>
    public IEnumerable<Parameter> Parameters => _linears.SelectMany(l => l.parameters()).Concat(_norms.SelectMany(n => n.parameters()));

    /// <summary>The output before the sigmoid or the target's scale, as it is computed while training: batch statistics and dropout at work.</summary>
    /// <param name="batch">Shape (rows, inputs).</param>
    /// <param name="masks">Dropout masks to fill and use, one per hidden layer, shape (rows, units); empty without dropout.</param>
    /// <returns>Shape (rows).</returns>
    public Tensor Train(Tensor batch, IReadOnlyList<Tensor> masks)
    {
        _norms.ForEach(n => n.train());
        var x = batch;
        for (var i = 0; i < _linears.Count - 1; i++)
        {
            x = Hidden(i, x);
            if (masks.Count > 0)
            {
                _dropoutRandom.FillDropoutMask(Floats(masks[i]), _dropout);
                x = x.mul(masks[i]);
            }
        }

        return _linears[^1].forward(x).squeeze(1);
    }

    /// <summary>Ends training: from here on the layers use what they have learned.</summary>
    public void Evaluate() => _norms.ForEach(n => n.eval());

    /// <summary>The output before the sigmoid or the target's scale. Call <see cref="Evaluate"/> before.</summary>
    /// <param name="batch">Shape (rows, inputs).</param>
    /// <returns>Shape (rows).</returns>
    public Tensor Infer(Tensor batch)
    {
        var x = batch;
        for (var i = 0; i < _linears.Count - 1; i++)
        {
            x = Hidden(i, x);
        }

        return _linears[^1].forward(x).squeeze(1);
    }

    /// <summary>The score: a probability, or a number in the target's unit.</summary>
    public Tensor Score(Tensor batch)
    {
        var output = Infer(batch);
        return _isClassifier ? output.sigmoid() : output.mul(_factor).add(_offset);
    }

    /// <summary>The values of all weights and statistics, to come back to.</summary>
    public float[][] Snapshot() => [.. State().Select(t => Floats(t).ToArray())];

    /// <summary>Goes back to a snapshot.</summary>
    public void Restore(float[][] snapshot)
    {
        var i = 0;
        foreach (var tensor in State())
        {
            snapshot[i++].CopyTo(Floats(tensor));
        }
    }

    /// <summary>What the network computes in service, layer by layer.</summary>
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

        layers.Add(_isClassifier ? new NetworkLayer.Sigmoid() : new NetworkLayer.Affine(_factor, _offset));
        return layers;
    }

    public void Dispose()
    {
        _linears.ForEach(l => l.Dispose());
        _norms.ForEach(n => n.Dispose());
    }

    /// <summary>Zeros in float32 on the processor, whatever defaults the application has given TorchSharp.</summary>
    public static Tensor Zeros(params long[] shape) => torch.zeros(shape, torch.float32, torch.CPU);

    /// <summary>The memory of a float tensor on the processor.</summary>
    public static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    private Tensor Hidden(int i, Tensor x)
    {
        x = _linears[i].forward(x);
        return (_norms.Count > 0 ? _norms[i].forward(x) : x).relu();
    }

    private IEnumerable<Tensor> State()
    {
        foreach (var parameter in Parameters)
        {
            yield return parameter;
        }

        foreach (var norm in _norms)
        {
            yield return norm.running_mean!;
            yield return norm.running_var!;
        }
    }

    // Uniform within ±1/√inputs, as torch.nn.Linear begins.
    private static Linear NewLinear(int inputs, int outputs, SeededRandom random)
    {
        var linear = torch.nn.Linear(inputs, outputs, device: torch.CPU, dtype: torch.float32);
        var bound = 1 / Math.Sqrt(inputs);
        foreach (var parameter in linear.parameters())
        {
            foreach (ref var weight in Floats(parameter))
            {
                weight = (float)(((2 * random.NextDouble()) - 1) * bound);
            }
        }

        return linear;
    }

    private static float[] Values(Tensor tensor) => Floats(tensor).ToArray();
}
