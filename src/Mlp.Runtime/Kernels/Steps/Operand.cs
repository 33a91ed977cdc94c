using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>What an operation reads: a value, or constants that are the same in every row.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed class Operand<T>
{
    private readonly KernelValue? _value;
    private readonly T[] _constants = [];

    /// <summary>Reads a value.</summary>
    /// <param name="value">The value.</param>
    public Operand(KernelValue value) => _value = value;

    /// <summary>Reads constants.</summary>
    /// <param name="row">One row of them, or one number for all columns.</param>
    /// <param name="width">Columns.</param>
    public Operand(ReadOnlySpan<T> row, int width)
    {
        _constants = new T[KernelMemory.TileRows * width];
        for (var i = 0; i < _constants.Length; i++)
        {
            _constants[i] = row[row.Length == 1 ? 0 : i % width];
        }
    }

    /// <summary>The rows of the tile.</summary>
    /// <param name="memory">The values.</param>
    /// <param name="length">Number of elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<T> Of(KernelMemory memory, int length) => _value is null ? _constants.AsSpan(0, length) : memory.Of<T>(_value);
}
