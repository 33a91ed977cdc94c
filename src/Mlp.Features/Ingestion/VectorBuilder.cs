using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Builds a column of vectors: fixed-size lists of float, of which each is null or complete. Not thread-safe.</summary>
/// <param name="length">Number of elements of a vector.</param>
internal sealed class VectorBuilder(int length)
{
    private readonly ArrowBuffer.Builder<float> _values = new();
    private readonly ArrowBuffer.BitmapBuilder _validity = new();
    private float[]? _none;

    /// <summary>Adds a vector.</summary>
    /// <param name="vector">Its elements.</param>
    /// <exception cref="ArgumentException">There is another number of elements.</exception>
    internal void Append(ReadOnlySpan<float> vector)
    {
        if (vector.Length != length)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {VectorColumn.Expected(length)}, but found one of {vector.Length}."), nameof(vector));
        }

        _values.Append(vector);
        _validity.Append(true);
    }

    /// <summary>Adds a null, under which lie zeros.</summary>
    internal void AppendNull()
    {
        _values.Append(_none ??= new float[length]);
        _validity.Append(false);
    }

    /// <summary>The vectors as an array.</summary>
    internal FixedSizeListArray Build() => VectorColumn.Create(_values.Build(), length, _validity.Length, _validity.Build(), _validity.UnsetBitCount);
}
