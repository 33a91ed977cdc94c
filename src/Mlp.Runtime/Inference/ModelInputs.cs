using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The named inputs of calls, for any model: set what changes and call again. Setting an input to the same type and shape as before copies into the same memory and allocates nothing
/// (texts aside). One writer at a time, and nobody writes during a call; calls may share it.
/// </summary>
public sealed class ModelInputs : IDisposable
{
    private readonly Dictionary<string, (ModelValue Value, OrtValue Engine)> _inputs = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>The inputs that are set.</summary>
    public IReadOnlyCollection<string> Names => _inputs.Keys;

    /// <summary>Changes whenever an input is added, removed, or gets another type, shape or memory.</summary>
    internal int Layout { get; private set; }

    /// <summary>Sets an input to a tensor of numbers or truth values.</summary>
    /// <typeparam name="T">float, double, Half, BFloat16, sbyte, byte, short, ushort, int, uint, long, ulong or bool.</typeparam>
    /// <param name="name">Name of the input.</param>
    /// <param name="values">The elements, row-major; copied.</param>
    /// <param name="shape">One size per dimension; none for a scalar.</param>
    /// <returns>The same inputs.</returns>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape.</exception>
    /// <exception cref="NotSupportedException">No tensor holds elements of that type.</exception>
    public ModelInputs Set<T>(string name, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (Find(name) is { } value && value.ElementType == TensorElements.KindOf<T>() && value.Shape.SequenceEqual(shape))
        {
            ModelValue.RequireCount(values.Length, shape);
            MemoryMarshal.AsBytes(values).CopyTo(value.Buffer);
            return this;
        }

        return Set(name, ModelValue.Tensor(values, shape));
    }

    /// <inheritdoc cref="Set{T}(string, ReadOnlySpan{T}, ReadOnlySpan{long})"/>
    public ModelInputs Set<T>(string name, T[] values, params ReadOnlySpan<long> shape)
        where T : unmanaged
        => Set(name, (ReadOnlySpan<T>)values, shape);

    /// <summary>Sets an input to a tensor of texts.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="values">The elements, row-major; copied.</param>
    /// <param name="shape">One size per dimension; none for a scalar.</param>
    /// <returns>The same inputs.</returns>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape, or one is null or has half of a surrogate pair.</exception>
    public ModelInputs Set(string name, ReadOnlySpan<string> values, params ReadOnlySpan<long> shape)
    {
        if (Find(name) is { ElementType: Models.TensorElementKind.String } value && value.Shape.SequenceEqual(shape))
        {
            value.CopyTexts(values);
            EngineValues.CopyTexts(value, _inputs[name].Engine);
            return this;
        }

        return Set(name, ModelValue.Tensor(values, shape));
    }

    /// <summary>Sets an input to a value that is shared, not copied: for sequences and maps, or an output of another model.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="value">The value; nobody changes it as long as it is set.</param>
    /// <returns>The same inputs.</returns>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    /// <exception cref="NotSupportedException">ONNX Runtime cannot be given such a value: one that is absent, or an empty sequence.</exception>
    public ModelInputs Set(string name, ModelValue value)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        var engine = Create(value);
        Remove(name);
        _inputs.Add(name, (value, engine));
        return this;
    }

    /// <summary>Removes an input.</summary>
    /// <param name="name">Name of the input.</param>
    /// <returns>Whether it was set.</returns>
    public bool Remove(string name)
    {
        Layout++;
        if (!_inputs.Remove(name, out var removed))
        {
            return false;
        }

        removed.Engine.Dispose();
        return true;
    }

    /// <summary>The value of an input.</summary>
    /// <param name="name">Name of the input.</param>
    /// <returns>The value, or null if it is not set.</returns>
    public ModelValue? Find(string name)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _inputs.TryGetValue(name, out var found) ? found.Value : null;
    }

    /// <summary>Frees what ONNX Runtime holds of the inputs.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Layout++;
        foreach (var (_, engine) in _inputs.Values)
        {
            engine.Dispose();
        }

        _inputs.Clear();
    }

    private static OrtValue Create(ModelValue value)
    {
        try
        {
            return EngineValues.Create(value);
        }
        catch (Exception e) when (OnnxRuntimeNative.IsMissing(e))
        {
            throw OnnxRuntimeNative.Missing(e);
        }
    }

    /// <summary>An input as ONNX Runtime sees it.</summary>
    /// <param name="name">Name of an input that is set.</param>
    internal OrtValue Engine(string name) => _inputs[name].Engine;
}
