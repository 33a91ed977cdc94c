namespace Mlp.Training.Preprocessing;

/// <summary>
/// How one number becomes an input: z = clamp((x − mean) / deviation). A value that is not present or not finite becomes 0, the mean of the training rows, and is told apart by
/// an indicator if the training rows had such values.
/// </summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Mean">Mean of the finite values of the training rows; 0 if there were none.</param>
/// <param name="Deviation">Their population standard deviation; 1 if they were all equal.</param>
/// <param name="HasIndicator">Whether an indicator of missing values is an input of its own.</param>
internal sealed record NumberEncoding(int Column, double Mean, double Deviation, bool HasIndicator)
{
    /// <summary>Which element of a vector it is; 0 for a number.</summary>
    public int Element { get; init; }

    /// <summary>Learns from the first rows of a column.</summary>
    /// <exception cref="TrainingDataException">The values are too large to have a standard deviation.</exception>
    public static NumberEncoding Learn(TableColumn column, int index, int element, int rowCount) => Learn(column, index, column.SourceOf(element), rowCount) with { Element = element };

    private static NumberEncoding Learn(TableColumn column, int index, INumberSource source, int rowCount)
    {
        double sum = 0, least = double.PositiveInfinity, greatest = double.NegativeInfinity;
        var count = 0;
        for (var row = 0; row < rowCount; row++)
        {
            var value = source.NumberAt(row);
            if (double.IsFinite(value))
            {
                sum += value;
                least = Math.Min(least, value);
                greatest = Math.Max(greatest, value);
                count++;
            }
        }

        if (least == greatest || count == 0)
        {
            return new(index, count == 0 ? 0 : least, 1, count < rowCount);
        }

        var mean = sum / count;
        double squares = 0;
        for (var row = 0; row < rowCount; row++)
        {
            var distance = source.NumberAt(row) - mean;
            squares += double.IsFinite(distance) ? distance * distance : 0;
        }

        var deviation = Math.Sqrt(squares / count);
        return double.IsFinite(mean) && deviation is > 0 and < double.PositiveInfinity
            ? new(index, mean, deviation, count < rowCount)
            : throw new TrainingDataException(
                $"Expected numbers below 1e150 in magnitude in column '{column.Feature.Name}', but found some that have no standard deviation.", column.Feature.Name);
    }

    /// <summary>The standardised value, or NaN for a value that counts as missing.</summary>
    public double Standardise(double value, double maximum)
        => double.IsFinite(value) ? Math.Clamp((value - Mean) / Deviation, -maximum, maximum) : double.NaN;
}
