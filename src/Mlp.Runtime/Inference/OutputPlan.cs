using Microsoft.ML.OnnxRuntime.Tensors;

namespace Mlp.Runtime.Inference;

/// <summary>The output that holds the score, as a run showed it: shape (rows, <paramref name="Width"/>), or (rows) if <paramref name="Rank"/> is 1.</summary>
/// <param name="Name">Name of the output.</param>
/// <param name="ElementType">Element type of the memory in which callers find it: Float, Double or Int64 for the score.</param>
/// <param name="Rank">Number of dimensions.</param>
/// <param name="Width">Values per row.</param>
/// <param name="IsAsDeclared">Whether the file declares this shape. ONNX Runtime refuses memory of any other, so it must then allocate the output itself.</param>
internal sealed record OutputPlan(string Name, TensorElementType ElementType, int Rank, int Width, bool IsAsDeclared)
{
    /// <summary>Element type of the tensor, where it is brought to <see cref="ElementType"/> after a run; null where it is the same.</summary>
    public TensorElementType? Conversion { get; init; }

    /// <summary>The output as the session writes it.</summary>
    public OutputPlan OfTensor => this with { ElementType = Conversion ?? ElementType, Conversion = null };

    /// <summary>The shape for a number of rows.</summary>
    /// <param name="rows">Number of rows.</param>
    public long[] Shape(int rows)
    {
        var shape = new long[Rank];
        Array.Fill(shape, 1);
        shape[^1] = Width;
        shape[0] = rows;
        return shape;
    }
}
