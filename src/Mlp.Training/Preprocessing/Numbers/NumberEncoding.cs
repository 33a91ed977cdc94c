namespace Mlp.Training.Preprocessing.Numbers;

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

    /// <summary>The standardised value, or NaN for a value that counts as missing.</summary>
    public double Standardise(double value, double maximum)
        => double.IsFinite(value) ? Math.Clamp((value - Mean) / Deviation, -maximum, maximum) : double.NaN;
}
