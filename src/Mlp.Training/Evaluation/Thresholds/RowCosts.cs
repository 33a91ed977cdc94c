namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>What decisions cost row by row, as where a fraud costs its amount; what they gain is a negative cost. Immutable as long as its memory is.</summary>
/// <param name="OfSayingOne">Shape (rows): the cost of saying class 1 of each row, given what it is.</param>
/// <param name="OfSayingZero">Shape (rows): the cost of saying class 0 of each row.</param>
public sealed record RowCosts(ReadOnlyMemory<double> OfSayingOne, ReadOnlyMemory<double> OfSayingZero)
{
    /// <summary>Refuses costs that are not those of the rows or say nothing about thresholds.</summary>
    /// <exception cref="ArgumentException">Lengths differ, there are none, a cost is not finite, or none depends on the decision.</exception>
    internal void ThrowIfMeaningless(int rowCount)
    {
        if (OfSayingOne.Length != rowCount || OfSayingZero.Length != rowCount)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected two costs for each of {rowCount} rows, but found {OfSayingOne.Length} and {OfSayingZero.Length}."));
        }

        for (var row = 0; row < rowCount; row++)
        {
            if (!double.IsFinite(OfSayingOne.Span[row]) || !double.IsFinite(OfSayingZero.Span[row]))
            {
                throw new ArgumentException(FormattableString.Invariant($"Expected finite costs, but row {row} has one that is not."));
            }
        }

        if (OfSayingOne.Span.SequenceEqual(OfSayingZero.Span))
        {
            throw new ArgumentException("Expected costs that depend on the decision, but saying class 1 costs what saying class 0 does, for every row: every threshold costs the same.");
        }
    }
}
