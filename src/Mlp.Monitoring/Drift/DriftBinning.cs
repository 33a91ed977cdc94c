namespace Mlp.Monitoring.Drift;

/// <summary>The bins of numbers, for the distances that are taken over bins. They come from the reference alone.</summary>
public enum DriftBinning
{
    /// <summary>Deciles of the reference; a value that several of them fall on has a bin of its own. One outlier moves a distance by no more than one row can.</summary>
    Quantiles,

    /// <summary>
    /// Bins of equal width over the range of the reference, as many as Doane's rule says, and one on either side for what lies outside: the bins of NannyML, for figures that are comparable with its. Kolmogorov-Smirnov is taken over 10,000 such
    /// bins from 10,000 rows of the reference on. They are coarse beside an outlier of the reference. A constant reference keeps its own rule, since these bins are blind there.
    /// </summary>
    EqualWidth,
}
