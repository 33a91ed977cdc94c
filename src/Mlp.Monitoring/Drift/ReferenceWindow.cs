namespace Mlp.Monitoring.Drift;

/// <summary>Logged predictions to compare others with, instead of the profile that was published with the version. Of rows that sampling picked each counts with its weight. Immutable.</summary>
/// <param name="From">First request time; null for the beginning.</param>
/// <param name="To">Request time to stop before; null for the end.</param>
public sealed record ReferenceWindow(DateTimeOffset? From, DateTimeOffset? To);
