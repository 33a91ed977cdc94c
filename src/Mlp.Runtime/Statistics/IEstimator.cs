namespace Mlp.Runtime.Statistics;

/// <summary>
/// Learns to tell two kinds of rows apart: what tests of the whole vector ask for. Monitoring brings a logistic regression; a host with Mlp.Training may plug in trees, which also see how features depend on each
/// other. Implementations are safe for use by many threads, and give the same for the same input and seed.
/// </summary>
public interface IEstimator
{
    /// <summary>Fits.</summary>
    /// <param name="rows">Shape (rows, columns), row-major, finite.</param>
    /// <param name="columnCount">Columns, at least 1.</param>
    /// <param name="labels">Shape (rows): 0 or 1, both present.</param>
    /// <param name="seed">Of whatever is random.</param>
    /// <returns>What was learned.</returns>
    IFittedEstimator Fit(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<byte> labels, ulong seed);
}
