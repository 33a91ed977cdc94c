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
            destination.Add(at(row) is { } weight && weight >= 0 && float.IsFinite((float)weight)
                ? (float)weight
                : throw new TrainingDataException(
                    $"Expected a weight of 0 or more in every row of column '{name}', but row {destination.Count} has none.", name, destination.Count));
        }
    }
}
