namespace Mlp.Training.Sampling;

/// <summary>How large the parts of a split are; the rest is trained on.</summary>
/// <param name="Validation">Share of the validation rows, 0 to below 1; with 0 there are none.</param>
/// <param name="Test">Share of the test rows, 0 to below 1; with 0 there are none.</param>
public readonly record struct SplitShares(double Validation, double Test)
{
    /// <summary>Share of the rows that are trained on.</summary>
    public double Training => 1 - Validation - Test;

    internal void ThrowIfOutOfRange(string parameter)
    {
        if (!(Validation >= 0 && Test >= 0 && Training > 0 && Validation + Test > 0))
        {
            throw new ArgumentOutOfRangeException(
                parameter, FormattableString.Invariant($"Expected shares of at least 0 that are above 0 and below 1 together, but found {Validation} for validation and {Test} for test."));
        }
    }
}
