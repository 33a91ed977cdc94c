namespace Mlp.Runtime.Statistics;

/// <summary>What an <see cref="IEstimator"/> has learned. Immutable; safe for use by many threads.</summary>
public interface IFittedEstimator
{
    /// <summary>Scores rows: the higher, the more like those of label 1. Only the order counts.</summary>
    /// <param name="rows">Shape (rows, columns), row-major, finite, with the columns that were fitted.</param>
    /// <param name="scores">Shape (rows); finite afterwards.</param>
    void Score(ReadOnlySpan<double> rows, Span<double> scores);
}
