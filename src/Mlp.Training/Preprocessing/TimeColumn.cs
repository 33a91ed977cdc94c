using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>Reads the time of rows as microseconds.</summary>
internal static class TimeColumn
{
    private const long NanosecondsPerMicrosecond = 1000;

    /// <summary>Adds the times of a column.</summary>
    /// <exception cref="TrainingDataException">The column is no time, or a row has none.</exception>
    public static void Append(IArrowArray array, string name, List<long> destination)
    {
        if (array is not PrimitiveArray<long> times || array is not (Int64Array or TimestampArray))
        {
            throw new TrainingDataException($"Expected the time column '{name}' to hold int64 microseconds or timestamps, but found the Arrow type {array.Data.DataType.Name}.", name);
        }

        var unit = (array.Data.DataType as TimestampType)?.Unit ?? TimeUnit.Microsecond;
        var values = times.Values;
        for (var row = 0; row < array.Length; row++)
        {
            if (!array.IsValid(row))
            {
                throw new TrainingDataException($"Expected a time in every row of column '{name}', but row {destination.Count} has none.", name, destination.Count);
            }

            destination.Add(ToMicroseconds(values[row], unit));
        }
    }

    private static long ToMicroseconds(long value, TimeUnit unit) => unit switch
    {
        TimeUnit.Second => checked(value * 1_000_000),
        TimeUnit.Millisecond => checked(value * 1000),
        TimeUnit.Microsecond => value,
        _ => Microseconds.FloorDivide(value, NanosecondsPerMicrosecond),
    };
}
