using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>
/// Reads a graph from its score backwards into the steps of a kernel. What the score does not need is not looked at; an operator that no kernel covers ends it with a reason.
/// Not thread-safe; used once.
/// </summary>
internal sealed class GraphRecogniser
{
    /// <summary>A graph of more nodes is none of the small models that kernels are for.</summary>
    private const int MaximumNodes = 512;

    /// <summary>Beyond so many weights of dense layers the fixed cost of ONNX Runtime no longer counts.</summary>
    private const int MaximumWeights = 65_536;

    private readonly OnnxModelEditor _editor;
    private readonly Dictionary<string, KernelValue> _known = new(StringComparer.Ordinal);
    private readonly List<KernelValue> _values = [];
    private readonly List<KernelStep> _steps = [];
    private readonly KernelValue?[] _inputs;
    private readonly IReadOnlyList<FeatureInput> _features;
    private int _weightCount;
    private int _layerCount;
    private int _treeStepCount;

    private GraphRecogniser(OnnxModelEditor editor, IReadOnlyList<FeatureInput> inputs)
    {
        _editor = editor;
        _features = inputs;
        _inputs = new KernelValue?[inputs.Count];
        Constants = new GraphConstants(editor.Graph);
    }

    /// <summary>The constants of the graph.</summary>
    public GraphConstants Constants { get; }

    /// <summary>Which numbers mean something to the model.</summary>
    public InputHints Hints { get; } = new();

    /// <summary>Version of ONNX's own operators.</summary>
    public long OperatorSet => _editor.OperatorSet(string.Empty);

    /// <summary>Ints that the trees need.</summary>
    public int KeyCount { get; set; }

    /// <summary>Sums in float32 that the trees need.</summary>
    public int SumCount { get; set; }

    /// <summary>Sums in float64 that the trees need.</summary>
    public int WideSumCount { get; set; }

    /// <summary>Reads a graph.</summary>
    /// <param name="model">Name of the model, for messages.</param>
    /// <param name="onnx">The file as it is served.</param>
    /// <param name="inputs">What fills its inputs.</param>
    /// <param name="score">Name of the score output.</param>
    /// <param name="element">Element type of the score.</param>
    /// <param name="width">Values per row of the score.</param>
    /// <exception cref="UncoveredGraphException">No kernel covers it; the message is the reason.</exception>
    /// <exception cref="InvalidModelException">The bytes are no ONNX file.</exception>
    public static KernelProgram Recognise(
        string model, ReadOnlyMemory<byte> onnx, IReadOnlyList<FeatureInput> inputs, string score, KernelElement element, int width)
    {
        var editor = OnnxModelEditor.Open(model, onnx);
        if (editor.Graph.Nodes.Count > MaximumNodes)
        {
            throw new UncoveredGraphException(FormattableString.Invariant($"a graph of at most {MaximumNodes} nodes, but found {editor.Graph.Nodes.Count}"));
        }

        var recogniser = new GraphRecogniser(editor, inputs);
        var output = recogniser.Resolve(score);
        if (output.Element != element || output.Width != width || Array.Exists(recogniser._inputs, i => i?.Index == output.Index))
        {
            throw new UncoveredGraphException(
                FormattableString.Invariant($"a score of {element} with {width} values per row that is computed, but found {output.Element} with {output.Width}"));
        }

        return new KernelProgram(recogniser.Kind, recogniser._values, recogniser._inputs, output, recogniser._steps, recogniser.Hints)
        {
            KeyCount = recogniser.KeyCount,
            SumCount = recogniser.SumCount,
            WideSumCount = recogniser.WideSumCount,
        };
    }

    private KernelKind Kind => (_treeStepCount, _layerCount) switch
    {
        ( > 0, _) => KernelKind.Trees,
        (0, > 1) => KernelKind.Dense,
        (0, 1) => KernelKind.Linear,
        _ => throw new UncoveredGraphException("a linear model, trees or a network of dense layers, but found none of them"),
    };

    /// <summary>The value of a name, with the steps that make it.</summary>
    /// <param name="name">Name in the graph.</param>
    /// <exception cref="UncoveredGraphException">No kernel covers what makes it.</exception>
    public KernelValue Resolve(string name)
    {
        if (_known.TryGetValue(name, out var known))
        {
            return known;
        }

        var value = _features.FirstOrDefault(f => f.Name == name) is { } feature ? AddInput(feature) : Operators.Read(this, Producer(name), name);
        _known.Add(name, value);
        return value;
    }

    /// <summary>The node that makes a value.</summary>
    /// <param name="name">Name of the value.</param>
    public OnnxNodeEditor Producer(string name)
        => FindProducer(name) ?? throw new UncoveredGraphException($"'{name}' to be computed from the inputs");

    /// <summary>The node that makes a value, or null.</summary>
    /// <param name="name">Name of the value.</param>
    public OnnxNodeEditor? FindProducer(string name) => _editor.Graph.Producer(name);

    /// <summary>How many nodes read a value.</summary>
    /// <param name="name">Name of the value.</param>
    public int CountReaders(string name) => _editor.Graph.Consumers(name).Count;

    /// <summary>Adds a value.</summary>
    /// <param name="element">Its element type.</param>
    /// <param name="width">Values per row.</param>
    /// <param name="rank">Dimensions in the graph.</param>
    /// <param name="origins">Where its columns come from.</param>
    public KernelValue AddValue(KernelElement element, int width, int rank = 2, ColumnOrigin[]? origins = null)
    {
        var value = new KernelValue(_values.Count, element, width, rank) { Origins = origins };
        _values.Add(value);
        return value;
    }

    /// <summary>Adds a step.</summary>
    /// <param name="step">The step.</param>
    public void AddStep(KernelStep step) => _steps.Add(step);

    /// <summary>Counts a dense layer.</summary>
    /// <param name="weights">Its weights.</param>
    public void CountLayer(int weights)
    {
        _layerCount++;
        _weightCount += weights;
        if (_weightCount > MaximumWeights)
        {
            throw new UncoveredGraphException(FormattableString.Invariant($"dense layers of at most {MaximumWeights} weights in all"));
        }
    }

    /// <summary>Counts an ensemble of trees.</summary>
    public void CountTrees() => _treeStepCount++;

    private KernelValue AddInput(FeatureInput feature)
    {
        if (feature.RowShape is not null)
        {
            throw new UncoveredGraphException($"inputs of shape [N, width], but found '{feature.Name}' of more dimensions");
        }

        var element = (feature.Kind, feature.Type) switch
        {
            (FeatureInputKind.Status, _) => KernelElement.Status,
            (_, FeatureType.Float32) => KernelElement.Float32,
            (_, FeatureType.Float64) => KernelElement.Float64,
            (_, FeatureType.Int64) => KernelElement.Int64,
            (_, FeatureType.Boolean) => KernelElement.Boolean,
            _ => throw new UncoveredGraphException($"inputs of numbers, but found '{feature.Name}' of {feature.Type}"),
        };
        var index = _features.Select((f, i) => (f, i)).First(p => ReferenceEquals(p.f, feature)).i;
        var origins = Enumerable.Range(0, feature.Width).Select(c => new ColumnOrigin(index, c, 1, 0)).ToArray();
        return _inputs[index] = AddValue(element, feature.Width, feature.Rank, origins);
    }
}
