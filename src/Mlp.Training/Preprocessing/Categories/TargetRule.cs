namespace Mlp.Training.Preprocessing.Categories;

/// <summary>How categories become means of labels.</summary>
/// <param name="Smoothing">The form of λ.</param>
internal sealed record TargetRule(TargetSmoothing Smoothing = TargetSmoothing.EmpiricalBayes)
{
    /// <summary>No fold is left out.</summary>
    public const int NoFold = -1;

    /// <summary>m, for <see cref="TargetSmoothing.MEstimate"/>: how many rows of the overall mean are added.</summary>
    public double Weight { get; init; } = 10;

    /// <summary>k, for <see cref="TargetSmoothing.Sigmoid"/>: the number of rows at which λ is one half.</summary>
    public double Midpoint { get; init; } = 20;

    /// <summary>f, for <see cref="TargetSmoothing.Sigmoid"/>: how slowly λ rises.</summary>
    public double Slope { get; init; } = 10;

    /// <summary>Which training rows are encoded by which others.</summary>
    public TargetFolds Folds { get; init; } = new(0, 5);

    /// <summary>The encoding of a category.</summary>
    /// <param name="category">Labels of its rows.</param>
    /// <param name="all">Labels of all rows.</param>
    public double Encode(WeightedMoments category, WeightedMoments all)
    {
        if (category.Weight == 0)
        {
            return all.Mean;
        }

        var rows = category.Weight;
        var share = Smoothing switch
        {
            TargetSmoothing.MEstimate => rows / (rows + Weight),
            TargetSmoothing.Sigmoid => 1 / (1 + Math.Exp(-(rows - Midpoint) / Slope)),
            _ => all.Variance * rows / ((all.Variance * rows) + category.Variance),
        };

        // 0 / 0 where labels do not differ at all.
        share = double.IsNaN(share) ? 0 : share;
        return (share * category.Mean) + ((1 - share) * all.Mean);
    }
}
