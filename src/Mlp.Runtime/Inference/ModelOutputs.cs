using System.Diagnostics.CodeAnalysis;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The named outputs of a call. Used for further calls, it keeps its memory: outputs of the same size as before allocate nothing but what ONNX Runtime itself needs. One call at a time.
/// </summary>
public sealed class ModelOutputs
{
    private readonly List<ModelValue> _values = [];
    private IReadOnlyList<string> _names = [];

    /// <summary>The outputs in the order of the model.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The version that answered; 0 before the first call.</summary>
    public int ModelVersion { get; private set; }

    /// <summary>An output.</summary>
    /// <param name="index">Its position in <see cref="Names"/>.</param>
    public ModelValue this[int index] => _values[index];

    /// <summary>An output.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="KeyNotFoundException">The model has no such output.</exception>
    public ModelValue this[string name]
        => TryGetValue(name, out var value)
            ? value
            : throw new KeyNotFoundException($"Expected an output '{name}', but found {(_names.Count == 0 ? "none" : string.Join(", ", _names.Select(n => $"'{n}'")))}.");

    /// <summary>Looks an output up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The output.</param>
    /// <returns>Whether the model has such an output.</returns>
    public bool TryGetValue(string name, [NotNullWhen(true)] out ModelValue? value)
    {
        for (var i = 0; i < _names.Count; i++)
        {
            if (_names[i] == name)
            {
                value = _values[i];
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>Begins to take the answers of a version.</summary>
    /// <param name="version">The version.</param>
    /// <param name="names">Its outputs.</param>
    internal void Reset(int version, IReadOnlyList<string> names)
    {
        ModelVersion = version;
        if (!ReferenceEquals(names, _names))
        {
            _names = names;
            _values.Clear();
            _values.AddRange(names.Select(_ => ModelValue.NewTensor()));
        }
    }

    /// <summary>Takes a copy of a tensor of numbers.</summary>
    /// <param name="index">Position of the output.</param>
    /// <param name="value">The tensor.</param>
    internal void Copy(int index, ModelValue value)
    {
        var own = _values[index].Kind == ModelValueKind.Tensor ? _values[index] : _values[index] = ModelValue.NewTensor();
        value.Buffer.AsSpan(0, value.ByteCount).CopyTo(own.ResetTensor(value.ElementType, value.Shape));
    }

    /// <summary>Takes an answer.</summary>
    /// <param name="index">Position of the output.</param>
    /// <param name="value">The answer.</param>
    internal void Take(int index, Microsoft.ML.OnnxRuntime.OrtValue value) => _values[index] = EngineValues.Read(value, _values[index]);
}
