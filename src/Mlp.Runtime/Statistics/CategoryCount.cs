namespace Mlp.Runtime.Statistics;

/// <summary>A category and its rows. Immutable; safe for use by many threads.</summary>
/// <param name="Name">The category; the empty string is one.</param>
/// <param name="Count">Rows with it.</param>
public readonly record struct CategoryCount(string Name, long Count);
