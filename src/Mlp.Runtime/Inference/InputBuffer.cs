using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The memory of one input of a slot: bound once per number of rows, and filled before each run where it is not the memory of the rows itself.</summary>
internal abstract class InputBuffer(FeatureInput input)
{
    /// <summary>The input and the features that fill it.</summary>
    public FeatureInput Input { get; } = input;

    /// <summary>Whether <see cref="Fill"/> must be called before each run.</summary>
    public abstract bool NeedsFilling { get; }

    /// <summary>Whether the holder of the slot has written the tensor itself (<see cref="IInputMemory{T}"/>), so that the next run does not fill it from the rows.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Chooses the memory of an input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="rows">The slot's rows.</param>
    public static InputBuffer Create(FeatureInput input, FeatureRows rows) => (input.Kind, input.Type) switch
    {
        (FeatureInputKind.Status, _) => new StatusInputBuffer(input, rows),
        (_, FeatureType.String) => new StringInputBuffer(input, rows),
        (_, FeatureType.Float32) => Numeric(input, rows, rows.Float32Buffer),
        (_, FeatureType.Float64) => Numeric(input, rows, rows.Float64Buffer),
        (_, FeatureType.Int64) => Numeric(input, rows, rows.Int64Buffer),
        (_, FeatureType.Boolean) => Numeric(input, rows, rows.BooleanBuffer),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input.Type, "Expected a feature type."),
    };

    /// <summary>Wraps the first rows as a tensor. The caller keeps the value alive while a binding uses it, and then disposes of it.</summary>
    /// <param name="rowCount">Number of rows, 1 to the capacity.</param>
    public abstract OrtValue CreateValue(int rowCount);

    /// <summary>Brings the features of the rows into the tensor.</summary>
    /// <param name="value">A tensor from <see cref="CreateValue"/> for the same number of rows.</param>
    /// <param name="rowCount">Number of rows.</param>
    public abstract void Fill(OrtValue value, int rowCount);

    /// <summary>Brings the features of the rows together in the memory of an input that is plain memory (<see cref="IInputMemory{T}"/>), without a tensor.</summary>
    /// <param name="rowCount">Number of rows.</param>
    public virtual void Gather(int rowCount)
    {
    }

    /// <summary>The shape for a number of rows.</summary>
    /// <param name="rowCount">Number of rows.</param>
    protected long[] Shape(int rowCount)
        => Input.RowShape is { } row ? [rowCount, .. row] : Input.Rank == 1 ? [rowCount] : [rowCount, Input.Width];

    private static InputBuffer Numeric<T>(FeatureInput input, FeatureRows rows, AlignedMemory<T> block)
        where T : unmanaged
    {
        var width = rows.Layout.WidthOf(input.Type!.Value);

        // The values of an input lie side by side if it takes whole rows of the block, or if there is one row only.
        return input.Width == width || rows.Capacity == 1
            ? new BlockInputBuffer<T>(input, block.Memory[input.Ordinal..])
            : new ColumnInputBuffer<T>(input, block, width, rows.Capacity);
    }
}
