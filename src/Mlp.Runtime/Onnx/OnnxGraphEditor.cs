using System.Globalization;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Onnx;

/// <summary>
/// The nodes, inputs, outputs and weights of a graph, and the changes that keep it whole. Field numbers: onnx/onnx.proto, message GraphProto. Not thread-safe.
/// </summary>
internal sealed class OnnxGraphEditor
{
    private const int NodeField = 1;
    private const int InitializerField = 5;
    private const int InputField = 11;
    private const int OutputField = 12;
    private const int ValueInfoField = 13;
    private const int SparseInitializerField = 15;

    private readonly ProtobufMessage _message;
    private readonly List<OnnxNodeEditor> _nodes;
    private int _nextName;

    /// <summary>Opens a graph.</summary>
    /// <param name="message">The message GraphProto.</param>
    public OnnxGraphEditor(ProtobufMessage message)
    {
        _message = message;
        _nodes = [.. message.Messages(NodeField).Select(m => new OnnxNodeEditor(m))];
    }

    /// <summary>The nodes in the order of their execution.</summary>
    public IReadOnlyList<OnnxNodeEditor> Nodes => _nodes;

    /// <summary>The inputs that a caller brings: those that the file does not fill itself.</summary>
    public IReadOnlyList<TensorSpecification> Inputs
    {
        get
        {
            var filled = Initializers.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
            return [.. Values(InputField).Where(i => !filled.Contains(i.Name))];
        }
    }

    /// <summary>The outputs.</summary>
    public IReadOnlyList<TensorSpecification> Outputs => Values(OutputField);

    /// <summary>The weights.</summary>
    public IEnumerable<OnnxInitializer> Initializers
        => _message.Messages(InitializerField).Select(m => new OnnxInitializer(m))
            .Concat(_message.Messages(SparseInitializerField).Select(m => m.Message(1)).OfType<ProtobufMessage>().Select(m => new OnnxInitializer(m)));

    /// <summary>The node that makes a value.</summary>
    /// <param name="value">Name of the value.</param>
    /// <returns>The node, or null for an input, a weight or no value of this graph.</returns>
    public OnnxNodeEditor? Producer(string value) => _nodes.Find(n => n.Outputs.Contains(value));

    /// <summary>The nodes that read a value, those that read it within a subgraph included.</summary>
    /// <param name="value">Name of the value.</param>
    public IReadOnlyList<OnnxNodeEditor> Consumers(string value)
        => value.Length == 0 ? [] : [.. _nodes.Where(n => n.Inputs.Contains(value) || n.Subgraphs.Any(g => g.Reads(value)))];

    /// <summary>A name that no value of the graph or its subgraphs has.</summary>
    /// <param name="prefix">How it begins.</param>
    public string UniqueName(string prefix)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        CollectNames(taken);
        string name;
        do
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{prefix}_{_nextName++}");
        }
        while (taken.Contains(name));
        return name;
    }

    /// <summary>Adds a node.</summary>
    /// <param name="node">The node, see <see cref="OnnxMessages.Node"/>.</param>
    /// <param name="before">The node that it shall stand before; null for the end.</param>
    /// <returns>The node in this graph.</returns>
    public OnnxNodeEditor AddNode(ProtobufWriter node, OnnxNodeEditor? before = null)
    {
        var message = ProtobufMessage.From(node);
        _message.Insert(NodeField, message, before?.Message);
        var added = new OnnxNodeEditor(message);
        _nodes.Insert(before is null ? _nodes.Count : _nodes.IndexOf(before), added);
        return added;
    }

    /// <summary>Adds a node before all others: its inputs are inputs of the graph or weights.</summary>
    /// <param name="node">The node, see <see cref="OnnxMessages.Node"/>.</param>
    /// <returns>The node in this graph.</returns>
    public OnnxNodeEditor AddFirstNode(ProtobufWriter node) => AddNode(node, _nodes.Count == 0 ? null : _nodes[0]);

    /// <summary>Removes a node. What it made must be made by another one, or no longer be read.</summary>
    /// <param name="node">A node of this graph.</param>
    public void RemoveNode(OnnxNodeEditor node)
    {
        _nodes.Remove(node);
        _message.Remove(node.Message);
    }

    /// <summary>Adds a weight.</summary>
    /// <param name="tensor">The weight, see <see cref="OnnxMessages.Tensor"/>.</param>
    public void AddInitializer(ProtobufWriter tensor) => _message.Insert(InitializerField, ProtobufMessage.From(tensor));

    /// <summary>Removes a weight, which no node may read any more.</summary>
    /// <param name="name">Its name.</param>
    public void RemoveInitializer(string name)
    {
        if (_message.Messages(InitializerField).FirstOrDefault(m => new OnnxInitializer(m).Name == name) is { } found)
        {
            _message.Remove(found);
        }
    }

    /// <summary>Adds an input.</summary>
    /// <param name="input">Its declaration, see <see cref="OnnxMessages.ValueInfo"/>.</param>
    /// <param name="before">Name of the input that it shall stand before; null for the end.</param>
    public void AddInput(ProtobufWriter input, string? before = null)
        => _message.Insert(InputField, ProtobufMessage.From(input), before is null ? null : Declaration(InputField, before));

    /// <summary>Removes the declaration of an input. The value must be made by a node, or no longer be read.</summary>
    /// <param name="input">Name of the input.</param>
    public void RemoveInput(string input) => _message.Remove(Declaration(InputField, input));

    /// <summary>Declares another type or shape for an input.</summary>
    /// <param name="input">Name of the input.</param>
    /// <param name="declaration">The new declaration, see <see cref="OnnxMessages.ValueInfo"/>.</param>
    public void ReplaceInput(string input, ProtobufWriter declaration) => Replace(InputField, input, declaration);

    /// <summary>Adds an output.</summary>
    /// <param name="output">Its declaration, see <see cref="OnnxMessages.ValueInfo"/>.</param>
    public void AddOutput(ProtobufWriter output) => _message.Insert(OutputField, ProtobufMessage.From(output));

    /// <summary>Removes the declaration of an output; what made it goes on making it.</summary>
    /// <param name="output">Name of the output.</param>
    public void RemoveOutput(string output) => _message.Remove(Declaration(OutputField, output));

    /// <summary>Declares another type or shape for an output.</summary>
    /// <param name="output">Name of the output.</param>
    /// <param name="declaration">The new declaration, see <see cref="OnnxMessages.ValueInfo"/>.</param>
    public void ReplaceOutput(string output, ProtobufWriter declaration) => Replace(OutputField, output, declaration);

    /// <summary>Gives a value another name wherever it is declared, made or read, in subgraphs too.</summary>
    /// <param name="from">The name now.</param>
    /// <param name="to">The new name, which no value has.</param>
    public void RenameValue(string from, string to)
    {
        foreach (var field in (ReadOnlySpan<int>)[InputField, OutputField, ValueInfoField])
        {
            foreach (var declaration in _message.Messages(field).Where(m => m.Text(1) == from))
            {
                declaration.SetTexts(1, [to]);
            }
        }

        foreach (var initializer in Initializers.Where(i => i.Name == from))
        {
            initializer.Rename(to);
        }

        foreach (var node in _nodes)
        {
            node.RenameValue(from, to);
        }
    }

    /// <summary>Whether a node of this graph or of its subgraphs reads a value, or the graph hands it out.</summary>
    /// <param name="value">Name of the value.</param>
    public bool Reads(string value)
        => _nodes.Exists(n => n.Inputs.Contains(value) || n.Subgraphs.Any(g => g.Reads(value))) || _message.Messages(OutputField).Any(o => o.Text(1) == value);

    private void CollectNames(HashSet<string> names)
    {
        foreach (var field in (ReadOnlySpan<int>)[InputField, OutputField, ValueInfoField])
        {
            names.UnionWith(_message.Messages(field).Select(m => m.Text(1)));
        }

        names.UnionWith(Initializers.Select(i => i.Name));
        foreach (var node in _nodes)
        {
            names.UnionWith(node.Inputs);
            names.UnionWith(node.Outputs);
            foreach (var subgraph in node.Subgraphs)
            {
                subgraph.CollectNames(names);
            }
        }
    }

    private void Replace(int field, string name, ProtobufWriter declaration)
    {
        var found = Declaration(field, name);
        _message.Insert(field, ProtobufMessage.From(declaration), found);
        _message.Remove(found);
    }

    private ProtobufMessage Declaration(int field, string name)
        => _message.Messages(field).FirstOrDefault(m => m.Text(1) == name)
            ?? throw new InvalidOperationException($"Expected the graph to declare '{name}', but found {string.Join(", ", _message.Messages(field).Select(m => $"'{m.Text(1)}'"))}.");

    private IReadOnlyList<TensorSpecification> Values(int field)
        => [.. _message.Messages(field).Select(m => OnnxValueReader.Read(new ProtobufReader(m.ToArray())))];
}
