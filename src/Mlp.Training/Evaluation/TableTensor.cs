using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>Turns rows of a table into the tensor of one model input.</summary>
internal static class TableTensor
{
    /// <summary>Creates the tensor; the caller disposes of it.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="input">The input and what fills it.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    public static OrtValue Create(FeatureTable table, FeatureInput input, int start, int count)
    {
        long[] shape = input.Rank == 1 ? [count] : [count, input.Width];
        return input.Type switch
        {
            null => OrtValue.CreateTensorValueFromMemory(Statuses(table, start, count), shape),
            FeatureType.Float32 when Columns(table, input).Any(c => c is VectorTableColumn) => OrtValue.CreateTensorValueFromMemory(WithVectors(table, input, start, count), shape),
            FeatureType.Float32 => Numbers<float>(table, input, start, count, shape),
            FeatureType.Float64 => Numbers<double>(table, input, start, count, shape),
            FeatureType.Int64 => Numbers<long>(table, input, start, count, shape),
            FeatureType.Boolean => Booleans(table, input, start, count, shape),
            _ => Texts(table, input, start, count, shape),
        };
    }

    private static OrtValue Numbers<T>(FeatureTable table, FeatureInput input, int start, int count, long[] shape)
        where T : unmanaged, System.Numerics.INumber<T>
        => OrtValue.CreateTensorValueFromMemory(Interleave<T>(table, input, start, count, c => ((NumberColumn<T>)c).Values), shape);

    private static OrtValue Booleans(FeatureTable table, FeatureInput input, int start, int count, long[] shape)
        => OrtValue.CreateTensorValueFromMemory(Interleave<bool>(table, input, start, count, c => ((BooleanColumn)c).Values), shape);

    private static OrtValue Texts(FeatureTable table, FeatureInput input, int start, int count, long[] shape)
    {
        var columns = Columns(table, input);
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (var row = 0; row < count; row++)
        {
            for (var i = 0; i < columns.Count; i++)
            {
                value.StringTensorSetElementAt(((TextColumn)columns[i]).TextAt(start + row), (row * columns.Count) + i);
            }
        }

        return value;
    }

    private delegate ReadOnlySpan<T> ValuesOf<T>(TableColumn column);

    private static T[] Interleave<T>(FeatureTable table, FeatureInput input, int start, int count, ValuesOf<T> valuesOf)
    {
        var columns = Columns(table, input);
        var block = new T[count * columns.Count];
        for (var i = 0; i < columns.Count; i++)
        {
            var values = valuesOf(columns[i]).Slice(start, count);
            for (var row = 0; row < count; row++)
            {
                block[(row * columns.Count) + i] = values[row];
            }
        }

        return block;
    }

    private static float[] WithVectors(FeatureTable table, FeatureInput input, int start, int count)
    {
        var block = new float[count * input.Width];
        var position = 0;
        foreach (var column in Columns(table, input))
        {
            for (var row = 0; row < count; row++)
            {
                var target = block.AsSpan((row * input.Width) + position, column.ElementCount);
                if (column is VectorTableColumn vectors)
                {
                    vectors.ValuesOf(start + row).CopyTo(target);
                }
                else
                {
                    target[0] = ((NumberColumn<float>)column).Values[start + row];
                }
            }

            position += column.ElementCount;
        }

        return block;
    }

    private static byte[] Statuses(FeatureTable table, int start, int count)
    {
        var width = table.Columns.Count;
        var block = new byte[count * width];
        for (var i = 0; i < width; i++)
        {
            var statuses = table.Columns[i].Statuses.Slice(start, count);
            for (var row = 0; row < count; row++)
            {
                block[(row * width) + i] = (byte)statuses[row];
            }
        }

        return block;
    }

    private static List<TableColumn> Columns(FeatureTable table, FeatureInput input)
        => input.Kind == FeatureInputKind.Column
            ? [table.Columns[input.Column]]
            : [.. table.Columns.Where(c => c.Feature.Type == input.Type)];
}
