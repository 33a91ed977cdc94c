namespace Mlp.Training.Preprocessing;

/// <summary>How far the mean of a category's labels is drawn to the mean ȳ of all labels: λ · mean + (1 − λ) · ȳ, with n rows in the category.</summary>
public enum TargetSmoothing
{
    /// <summary>λ = n·v / (n·v + s), with v the variance of all labels and s that of the category's (empirical Bayes; scikit-learn's TargetEncoder with smooth="auto").</summary>
    EmpiricalBayes = 0,

    /// <summary>λ = n / (n + m) (m-estimate; scikit-learn's TargetEncoder with smooth=m).</summary>
    MEstimate,

    /// <summary>λ = 1 / (1 + e^(−(n − k) / f)) (Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", 2001).</summary>
    Sigmoid,
}
