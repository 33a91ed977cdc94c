namespace Mlp.Monitoring.Comparison;

/// <summary>Which two versions are compared, and how.</summary>
public sealed class VariantComparisonOptions
{
    /// <summary>The version that serves.</summary>
    public required int Champion { get; set; }

    /// <summary>The version that wants to.</summary>
    public required int Challenger { get; set; }

    /// <summary>First request time, or null for the beginning. Choose it before looking.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>How long labels are waited for: a younger prediction is left out, so that what is compared does not change with every label that comes early.</summary>
    /// <value>The default value is 0.</value>
    public TimeSpan Maturity { get; set; }

    /// <summary>The loss; smaller is better.</summary>
    public ComparedLoss Loss { get; set; }

    /// <summary>For <see cref="ComparedLoss.AbsoluteError"/>: the greatest error that counts, above 0, in the target's unit; a greater one counts as this.</summary>
    public double? GreatestError { get; set; }

    /// <summary>The chance that versions of equal loss are ever called different, however often one looks, 0.000001 to 0.5.</summary>
    /// <value>The default value is 0.05.</value>
    public double Significance { get; set; } = 0.05;

    /// <summary>Refuses what cannot be compared.</summary>
    /// <exception cref="ArgumentException">A setting lies outside its range.</exception>
    internal void Validate()
    {
        if (Champion == Challenger)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected two different versions to compare, but found version {Champion} twice."), nameof(Challenger));
        }

        if (!(Significance is >= 0.000001 and <= 0.5))
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {nameof(Significance)} to be 0.000001 to 0.5, but found {Significance}."), nameof(Significance));
        }

        if (Loss == ComparedLoss.AbsoluteError && !(GreatestError is > 0 && double.IsFinite(GreatestError.Value)))
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {nameof(GreatestError)} above 0 for the absolute error, which must have a bound, but found {GreatestError}."), nameof(GreatestError));
        }
    }
}
