using Apache.Arrow;

namespace Mlp.Training.Preprocessing;

/// <summary>Reads how much each row counts.</summary>
internal static class WeightColumn
{
    /// <summary>Adds the weights of a column.</summary>
    /// <exception cref="TrainingDataException">The column has another type, or a weight is missing, negative or not finite.</exception>
    public static void Append(IArrowArray array, string name, List<float> destination)
    {
        Func<int, double?> at = array switch
        {
            FloatArray single => row => single.GetValue(row),
            DoubleArray wide => wide.GetValue,
            Int64Array int64 => row => int64.GetValue(row),
            Int32Array int32 => row => int32.GetValue(row),
            _ => throw new TrainingDataException($"Expected the weight column '{name}' to hold numbers, but found the Arrow type {array.Data.DataType.Name}.", name),
        };
        for (var row = 0; row < array.Length; row++)
        {
            var fault = at(row) switch
            {
                null => "none",
                < 0 => "a negative one",
                var weight => float.IsFinite((float)weight) ? null : "one that is no finite float32",
            };
            destination.Add(fault is null
                ? (float)at(row)!.Value
                : throw new TrainingDataException($"Expected a weight of 0 or more in every row of column '{name}', but row {destination.Count} has {fault}.", name, destination.Count));
        }
    }
}
