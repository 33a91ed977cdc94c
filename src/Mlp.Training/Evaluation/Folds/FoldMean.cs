using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>
/// The mean of a figure over folds with its interval: mean ± t √((1/J + n₂/n₁) s²), t of J − 1 degrees of freedom, J folds of n₂ test rows after n₁ training rows each. Without the n₂/n₁ the interval would be far too narrow,
/// because folds share training rows (Nadeau and Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003).
/// </summary>
internal sealed class FoldMean
{
    /// <summary>Computes it.</summary>
    /// <param name="values">One per fold, without NaN.</param>
    /// <param name="testShare">n₂/n₁.</param>
    /// <param name="confidence">Probability that the interval covers the mean.</param>
    public FoldMean(IReadOnlyList<double> values, double testShare, double confidence = 0.95)
    {
        Mean = values.Count == 0 ? double.NaN : values.Average();
        Deviation = values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(v => (v - Mean) * (v - Mean)) / (values.Count - 1));
        var error = Deviation * Math.Sqrt((1.0 / values.Count) + testShare);
        var half = double.IsNaN(error) ? double.NaN : error * StudentDistribution.Quantile(0.5 + (confidence / 2), values.Count - 1);
        (Lower, Upper) = (Mean - half, Mean + half);
        PValue = double.IsNaN(error) ? double.NaN : error == 0 ? (Mean == 0 ? 1 : 0) : StudentDistribution.TwoSided(Mean / error, values.Count - 1);
    }

    public double Mean { get; }

    /// <summary>Standard deviation over folds (n − 1); NaN below 2 folds.</summary>
    public double Deviation { get; }

    public double Lower { get; }

    public double Upper { get; }

    /// <summary>Two-sided, of the mean being 0.</summary>
    public double PValue { get; }
}
