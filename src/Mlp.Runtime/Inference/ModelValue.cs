using System.Runtime.InteropServices;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A value that goes into a model or comes out of it: a tensor, a sequence, a map, or nothing. It owns its memory, which belongs to .NET alone, so that it may be kept and read whatever
/// becomes of the model. A value of <see cref="ModelOutputs"/> is overwritten when those are used again. Reading is thread-safe.
/// </summary>
public sealed class ModelValue
{

    private static readonly ModelValue Absent = new() { Kind = ModelValueKind.None };

    private long[] _shape = [];
    private byte[] _bytes = [];
    private string[] _texts = [];
    private IReadOnlyList<ModelValue> _parts = [];
    private int _length;

    private ModelValue()
    {
    }

    /// <summary>An optional value that is absent.</summary>
    public static ModelValue None => Absent;

    /// <summary>What it is.</summary>
    public ModelValueKind Kind { get; private set; }

    /// <summary>Element type of a tensor; otherwise <see cref="TensorElementKind.Other"/>.</summary>
    public TensorElementKind ElementType { get; private set; } = TensorElementKind.Other;

    /// <summary>Shape of a tensor: one size per dimension, none for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Elements of a tensor, values of a sequence, or pairs of a map.</summary>
    public int Length => Kind switch
    {
        ModelValueKind.Tensor => _length,
        ModelValueKind.Sequence => _parts.Count,
        ModelValueKind.Map => _parts[0].Length,
        _ => 0,
    };

    /// <summary>The values of a sequence.</summary>
    /// <exception cref="InvalidOperationException">It is no sequence.</exception>
    public IReadOnlyList<ModelValue> Items => Parts(ModelValueKind.Sequence);

    /// <summary>The keys of a map: a tensor of shape [pairs].</summary>
    /// <exception cref="InvalidOperationException">It is no map.</exception>
    public ModelValue Keys => Parts(ModelValueKind.Map)[0];

    /// <summary>The values of a map in the order of its keys: a tensor of shape [pairs].</summary>
    /// <exception cref="InvalidOperationException">It is no map.</exception>
    public ModelValue Values => Parts(ModelValueKind.Map)[1];

    /// <summary>The memory of a tensor of numbers; pinned, so that ONNX Runtime may read it.</summary>
    internal byte[] Buffer => _bytes;

    /// <summary>Bytes of <see cref="Buffer"/> in use.</summary>
    internal int ByteCount => _length * TensorElements.SizeOf(ElementType);

    /// <summary>A tensor of numbers or truth values.</summary>
    /// <typeparam name="T">float, double, Half, BFloat16, sbyte, byte, short, ushort, int, uint, long, ulong or bool.</typeparam>
    /// <param name="values">The elements, row-major; copied.</param>
    /// <param name="shape">One size per dimension; none for a scalar.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape.</exception>
    /// <exception cref="NotSupportedException">No tensor holds elements of that type.</exception>
    public static ModelValue Tensor<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var value = new ModelValue();
        RequireCount(values.Length, shape);
        MemoryMarshal.AsBytes(values).CopyTo(value.ResetTensor(TensorElements.KindOf<T>(), shape));
        return value;
    }

    /// <summary>A tensor of texts.</summary>
    /// <param name="values">The elements, row-major; copied.</param>
    /// <param name="shape">One size per dimension; none for a scalar.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The number of elements is not that of the shape, or one is null or has half of a surrogate pair.</exception>
    public static ModelValue Tensor(ReadOnlySpan<string> values, params ReadOnlySpan<long> shape)
    {
        var value = new ModelValue();
        value.ResetTexts(shape);
        value.CopyTexts(values);
        return value;
    }

    /// <summary>A sequence.</summary>
    /// <param name="items">Its values, in order.</param>
    /// <returns>The sequence.</returns>
    public static ModelValue Sequence(params IReadOnlyList<ModelValue> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return new ModelValue { Kind = ModelValueKind.Sequence, _parts = [.. items] };
    }

    /// <summary>A map.</summary>
    /// <param name="keys">A tensor of int64 or text, shape [pairs].</param>
    /// <param name="values">A tensor of the same shape.</param>
    /// <returns>The map.</returns>
    /// <exception cref="ArgumentException">They are no tensors of the same length.</exception>
    public static ModelValue Map(ModelValue keys, ModelValue values)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        return keys.Kind == ModelValueKind.Tensor && values.Kind == ModelValueKind.Tensor && keys.Length == values.Length
            ? new ModelValue { Kind = ModelValueKind.Map, _parts = [keys, values] }
            : throw new ArgumentException($"Expected a tensor of values as long as that of the keys, but found {values} for {keys}.", nameof(values));
    }

    /// <summary>The elements of a tensor of numbers or truth values, row-major.</summary>
    /// <typeparam name="T">The type of the elements: nothing is converted.</typeparam>
    /// <returns>The elements, in this value's own memory.</returns>
    /// <exception cref="InvalidOperationException">It is no tensor of that type.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged
    {
        var wanted = TensorElements.KindOf<T>();
        return Kind == ModelValueKind.Tensor && ElementType == wanted
            ? MemoryMarshal.Cast<byte, T>(_bytes.AsSpan(0, ByteCount))
            : throw new InvalidOperationException($"Expected a tensor of type {wanted}, but found {this}.");
    }

    /// <summary>The elements of a tensor of texts, row-major.</summary>
    /// <returns>The elements, in this value's own memory.</returns>
    /// <exception cref="InvalidOperationException">It is no tensor of texts.</exception>
    public ReadOnlySpan<string> AsStrings()
        => Kind == ModelValueKind.Tensor && ElementType == TensorElementKind.String
            ? _texts.AsSpan(0, _length)
            : throw new InvalidOperationException($"Expected a tensor of type {TensorElementKind.String}, but found {this}.");

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ModelValueKind.Tensor => $"{ElementType} {TensorElements.Text(_shape)}",
        ModelValueKind.Sequence => FormattableString.Invariant($"a sequence of {_parts.Count} values"),
        ModelValueKind.Map => FormattableString.Invariant($"a map of {Length} pairs"),
        _ => "an absent value",
    };

    /// <summary>A tensor without elements yet.</summary>
    internal static ModelValue NewTensor() => new() { Kind = ModelValueKind.Tensor };

    /// <summary>Becomes a tensor of numbers; the memory is kept where it is large enough.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>The memory to fill.</returns>
    internal Span<byte> ResetTensor(TensorElementKind type, ReadOnlySpan<long> shape)
    {
        SetShape(type, shape);
        var needed = checked(_length * TensorElements.SizeOf(type));
        if (_bytes.Length < needed || _bytes.Length == 0)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(sizeof(long), needed), pinned: true);
        }

        return _bytes.AsSpan(0, needed);
    }

    /// <summary>Becomes a tensor of texts; the memory is kept where it is large enough.</summary>
    /// <param name="shape">Its shape.</param>
    /// <returns>The memory to fill.</returns>
    internal Span<string> ResetTexts(ReadOnlySpan<long> shape)
    {
        SetShape(TensorElementKind.String, shape);
        if (_texts.Length < _length)
        {
            _texts = new string[_length];
        }

        return _texts.AsSpan(0, _length);
    }

    /// <summary>Copies texts into a tensor of texts.</summary>
    /// <param name="values">As many as it has elements.</param>
    internal void CopyTexts(ReadOnlySpan<string> values)
    {
        RequireCount(values.Length, _shape);
        if (values.Contains(null!))
        {
            throw new ArgumentException("Expected texts, but found a null among them; a model knows the empty text only.", nameof(values));
        }

        for (var i = 0; i < values.Length; i++)
        {
            RequireText(values[i], i);
        }

        values.CopyTo(_texts);
    }

    private static void RequireText(ReadOnlySpan<char> text, int element)
    {
        if (UnicodeText.FindInvalid(text) is >= 0 and var position)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected texts of valid Unicode, but found a surrogate without its pair at position {position} of element {element}, counted from 0."));
        }
    }

    /// <summary>Refuses a number of elements that is not that of a shape.</summary>
    /// <param name="count">Number of elements.</param>
    /// <param name="shape">The shape.</param>
    internal static void RequireCount(int count, ReadOnlySpan<long> shape)
    {
        var expected = TensorElements.Count(shape);
        if (count != expected)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {expected} values for shape {TensorElements.Text(shape)}, but found {count}."), nameof(shape));
        }
    }

    private void SetShape(TensorElementKind type, ReadOnlySpan<long> shape)
    {
        _length = TensorElements.Count(shape);
        Kind = ModelValueKind.Tensor;
        ElementType = type;
        if (!shape.SequenceEqual(_shape))
        {
            _shape = shape.ToArray();
        }
    }

    private IReadOnlyList<ModelValue> Parts(ModelValueKind kind)
        => Kind == kind ? _parts : throw new InvalidOperationException($"Expected a {(kind == ModelValueKind.Map ? "map" : "sequence")}, but found {this}.");
}
