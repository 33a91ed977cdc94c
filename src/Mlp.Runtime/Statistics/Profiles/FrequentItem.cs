namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>A frequent category and bounds of its rows. Immutable; safe for use by many threads.</summary>
/// <param name="Name">The category; of a long one its first 128 bytes of UTF-8.</param>
/// <param name="LowerBound">At least so many rows have it, each counted with its weight.</param>
/// <param name="UpperBound">At most so many rows have it; the lower bound where there were no more categories than counters.</param>
public readonly record struct FrequentItem(string Name, double LowerBound, double UpperBound);
