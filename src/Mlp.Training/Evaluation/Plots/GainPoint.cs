namespace Mlp.Training.Evaluation.Plots;

/// <summary>A point of a gain curve: what is reached by taking the rows of the greatest scores. Immutable.</summary>
/// <param name="Share">Share of the rows that are taken.</param>
/// <param name="Gain">Share of the rows of class 1 that are among them.</param>
public readonly record struct GainPoint(double Share, double Gain)
{
    /// <summary>How many times as many rows of class 1 are among them as among as many rows at random; NaN where none is taken.</summary>
    public double Lift => Gain / Share;
}
