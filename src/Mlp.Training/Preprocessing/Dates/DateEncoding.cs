namespace Mlp.Training.Preprocessing.Dates;

/// <summary>Which parts of one timestamp become inputs, and how. Immutable.</summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Parts">Parts as a number, (value − mean) / deviation.</param>
/// <param name="CyclicParts">Parts as sine and cosine.</param>
/// <param name="UnitsPerSecond">Units of the timestamp in a second.</param>
/// <param name="OffsetSeconds">What local time is ahead of UTC.</param>
/// <param name="Means">One per part of <see cref="Parts"/>.</param>
/// <param name="Deviations">One per part of <see cref="Parts"/>.</param>
/// <param name="HasIndicator">Whether an input of its own says that the timestamp is missing, where all others are 0.</param>
internal sealed record DateEncoding(
    int Column, DateParts Parts, DateParts CyclicParts, long UnitsPerSecond, long OffsetSeconds, IReadOnlyList<double> Means, IReadOnlyList<double> Deviations, bool HasIndicator);
