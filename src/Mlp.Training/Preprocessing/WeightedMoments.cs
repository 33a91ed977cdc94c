namespace Mlp.Training.Preprocessing;

/// <summary>
/// Weight, mean and variance of numbers in one pass that loses no digits (Welford; joined by Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
/// sample variances", 1979).
/// </summary>
/// <param name="Weight">Sum of the weights.</param>
/// <param name="Mean">Weighted mean; 0 without rows.</param>
/// <param name="Squares">Weighted sum of squared distances from the mean.</param>
internal readonly record struct WeightedMoments(double Weight, double Mean, double Squares)
{
    /// <summary>Squares / weight; 0 without rows.</summary>
    public double Variance => Weight > 0 ? Squares / Weight : 0;

    /// <summary>With one more number.</summary>
    public WeightedMoments With(double value, double weight = 1) => Join(new(weight, value, 0));

    /// <summary>Of both together.</summary>
    public WeightedMoments Join(WeightedMoments other)
    {
        if (other.Weight == 0)
        {
            return this;
        }

        var weight = Weight + other.Weight;
        var distance = other.Mean - Mean;
        return new(weight, Mean + (distance * other.Weight / weight), Squares + other.Squares + (distance * distance * Weight * other.Weight / weight));
    }
}
