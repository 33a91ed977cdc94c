using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>The columns of a float32 input to which vectors belong: vectors are copied row by row, and what lies between them is read as any other column.</summary>
/// <param name="vectors">The vectors, each with the place of its first element in a row.</param>
/// <param name="numbers">The other columns, each with its place in a row.</param>
/// <param name="width">Values of a row.</param>
internal sealed class VectorColumns((VectorReader Reader, int Position)[] vectors, (ValueReader<float> Reader, int Position)[] numbers, int width) : InputColumns
{
    /// <inheritdoc/>
    public override void Write(int first, int count, InputBuffer input, FeatureRows rows)
    {
        var table = ((IInputMemory<float>)input).Memory.Span[..(count * width)];
        input.IsWritten = true;
        foreach (var (reader, position) in vectors)
        {
            reader.Write(first, count, table[position..], width);
        }

        if (numbers.Length == 0)
        {
            return;
        }

        var scratch = System.Buffers.ArrayPool<float>.Shared.Rent(count);
        try
        {
            foreach (var (reader, position) in numbers)
            {
                var values = reader.Read(first, count, scratch);
                for (var row = 0; row < values.Length; row++)
                {
                    table[(row * width) + position] = values[row];
                }
            }
        }
        finally
        {
            System.Buffers.ArrayPool<float>.Shared.Return(scratch);
        }
    }
}
