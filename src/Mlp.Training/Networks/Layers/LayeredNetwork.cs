using Mlp.Runtime.Onnx;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Interop;
using Mlp.Training.Preprocessing;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>A network built from a definition: it trains, and writes itself as ONNX nodes.</summary>
internal sealed class LayeredNetwork : TrainableNetwork
{
    /// <summary>The smallest opset that its nodes need, LayerNormalization's.</summary>
    public const int MinimumOpset = 17;

    private readonly LayerModule _root;
    private readonly SeededRandom _dropout;
    private readonly IReadOnlyList<KeyValuePair<string, Parameter>> _parameters;
    private readonly IReadOnlyList<KeyValuePair<string, Tensor>> _buffers;
    private bool _isTraining;
    private bool _isDisposed;

    private LayeredNetwork(NetworkDefinition definition, LayerModule root, LayerBuilder builder, SeededRandom dropout)
    {
        (Definition, _root, _dropout) = (definition, root, dropout);
        (_parameters, _buffers) = (builder.Parameters, builder.Buffers);
        Generators = new Dictionary<string, SeededRandom>(StringComparer.Ordinal) { ["dropout"] = dropout };
    }

    public NetworkDefinition Definition { get; }

    /// <summary>Batch statistics of all replicas that train together; null where each batch has its own.</summary>
    public SharedStatistics? Statistics { get; set; }

    /// <summary>Makes it a replica: it shares statistics where the others do, and draws numbers of its own.</summary>
    /// <param name="replicas">Those that train together; null for one alone.</param>
    /// <param name="seed">What the numbers come from.</param>
    public void Join(ReplicaGroup? replicas, int seed)
    {
        Statistics = replicas?.Statistics;
        if (replicas is { IsFirst: false })
        {
            _dropout.State = SeededRandom.For(seed, FormattableString.Invariant($"dropout of replica {replicas.Shard.Rank}")).State;
        }
    }

    public override IReadOnlyList<KeyValuePair<string, Parameter>> Parameters => _parameters;

    public override IReadOnlyList<KeyValuePair<string, Tensor>> Buffers => _buffers;

    public override IReadOnlyDictionary<string, SeededRandom> Generators { get; }

    /// <summary>Makes a network with initial weights: the same definition, features and seed give the same bits.</summary>
    /// <param name="definition">Its layers.</param>
    /// <param name="width">Dense inputs.</param>
    /// <param name="ids">Id columns.</param>
    /// <param name="outputs">Outputs of the task.</param>
    /// <param name="seed">Seed of initial weights and dropout.</param>
    /// <exception cref="NetworkDefinitionException">A layer does not fit what comes before it.</exception>
    public static LayeredNetwork Build(NetworkDefinition definition, int width, IReadOnlyList<IdColumn> ids, int outputs, int seed)
    {
        Torch.EnsureLoaded();
        var builder = new LayerBuilder(SeededRandom.For(seed, "weights"));
        return new(definition, definition.Build(width, ids, outputs, builder), builder, SeededRandom.For(seed, "dropout"));
    }

    public override Tensor Forward(Tensor? dense, Tensor? ids, Action<string, Tensor>? observe = null)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var pass = new ForwardPass(_isTraining, dense, ids, _dropout, observe is null ? null : (name, output) => Tell(observe, name, output), Statistics);
        return _root.Run(dense ?? ids ?? throw new ArgumentException("Expected numbers or ids for the network, but found neither.", nameof(dense)), pass);
    }

    /// <summary>Adds the nodes that compute the network in service.</summary>
    /// <param name="graph">The graph, of opset <see cref="MinimumOpset"/> or newer.</param>
    /// <param name="inputs">What the network takes.</param>
    /// <returns>Name of the outputs before link and target scale, shape (N, outputs).</returns>
    /// <exception cref="NetworkDefinitionException">A module of the application's own cannot be exported, or the opset is too old.</exception>
    public string Write(OnnxGraphBuilder graph, EncodedInputs inputs)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (graph.Opset < MinimumOpset)
        {
            throw new NetworkDefinitionException(FormattableString.Invariant($"Expected an opset of at least {MinimumOpset} for a network, but found {graph.Opset}."));
        }

        var input = inputs.Dense ?? inputs.Ids ?? throw new ArgumentException("Expected numbers or ids for the network, but found neither.", nameof(inputs));
        return _root.Write(new LayerGraph(graph, inputs, string.Empty), input);
    }

    public override void Train() => _isTraining = true;

    public override void Evaluate() => _isTraining = false;

    public override void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _root.Dispose();
        foreach (var (_, parameter) in _parameters)
        {
            parameter.Dispose();
        }

        foreach (var (_, buffer) in _buffers)
        {
            buffer.Dispose();
        }
    }

    // The root is the network itself, not a layer.
    private static void Tell(Action<string, Tensor> observe, string name, Tensor output)
    {
        if (name.Length > 0)
        {
            observe(name, output);
        }
    }
}
