using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Mlp.Runtime.Inference;

/// <summary>The memory of one output of a slot: bound where its shape is known, and filled after a run where ONNX Runtime allocates.</summary>
internal abstract class OutputBuffer(OutputPlan plan)
{
    /// <summary>The output.</summary>
    public OutputPlan Plan { get; } = plan;

    /// <summary>Makes the memory of an output other than the score, or of the tensor of a score that is brought to another type.</summary>
    /// <param name="plan">The output.</param>
    /// <param name="capacity">Greatest number of rows.</param>
    public static OutputBuffer Create(OutputPlan plan, int capacity) => plan.ElementType switch
    {
        TensorElementType.Float => new ValueBuffer<float>(plan, capacity),
        TensorElementType.Double => new ValueBuffer<double>(plan, capacity),
        TensorElementType.Int64 => new ValueBuffer<long>(plan, capacity),
        TensorElementType.Int32 => new ValueBuffer<int>(plan, capacity),
        TensorElementType.Bool => new ValueBuffer<bool>(plan, capacity),
        TensorElementType.String => new TextBuffer(plan, capacity),
        TensorElementType.Float16 => new ValueBuffer<Float16>(plan, capacity),
        TensorElementType.BFloat16 => new ValueBuffer<BFloat16>(plan, capacity),
        TensorElementType.Int8 => new ValueBuffer<sbyte>(plan, capacity),
        TensorElementType.UInt8 => new ValueBuffer<byte>(plan, capacity),
        TensorElementType.Int16 => new ValueBuffer<short>(plan, capacity),
        TensorElementType.UInt16 => new ValueBuffer<ushort>(plan, capacity),
        TensorElementType.UInt32 => new ValueBuffer<uint>(plan, capacity),
        TensorElementType.UInt64 => new ValueBuffer<ulong>(plan, capacity),
        _ => throw new ArgumentOutOfRangeException(nameof(plan), plan.ElementType, "Expected an output of numbers, truth values or texts."),
    };

    /// <summary>Whether callers can have another output than the score of an element type.</summary>
    /// <param name="type">The element type.</param>
    public static bool Supports(TensorElementType type)
        => type is TensorElementType.Float or TensorElementType.Double or TensorElementType.Int64 or TensorElementType.Int32 or TensorElementType.Bool or TensorElementType.String;

    /// <summary>Wraps the first rows as a tensor. The caller keeps the value alive while a binding uses it, and then disposes of it.</summary>
    /// <param name="rowCount">Number of rows.</param>
    /// <returns>The tensor, or null where ONNX Runtime must allocate.</returns>
    public abstract OrtValue? CreateValue(int rowCount);

    /// <summary>Takes over an output that ONNX Runtime has allocated.</summary>
    /// <param name="value">The output.</param>
    /// <param name="rowCount">Number of rows.</param>
    public abstract void CopyFrom(OrtValue value, int rowCount);

    /// <summary>Copies one row of another run.</summary>
    /// <param name="source">The same output of another slot.</param>
    /// <param name="sourceRow">Row to copy.</param>
    /// <param name="row">Row to write.</param>
    public abstract void CopyRow(OutputBuffer source, int sourceRow, int row);

    /// <summary>Takes over the first rows of a tensor of its own that a run has written.</summary>
    /// <param name="tensor">The same output, made by <see cref="Create"/> for <see cref="OutputPlan.OfTensor"/>.</param>
    /// <param name="first">Row to begin with.</param>
    /// <param name="count">Number of rows.</param>
    public virtual void Take(OutputBuffer tensor, int first, int count)
    {
        for (var row = 0; row < count; row++)
        {
            CopyRow(tensor, row, first + row);
        }
    }
}
