namespace Mlp.Monitoring.Drift;

/// <summary>What a report is about.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="From">First time of the window; null for the beginning.</param>
/// <param name="To">Time up to which it reaches; null for the end.</param>
internal sealed record DriftSubject(string Model, int Version, DateTimeOffset? From = null, DateTimeOffset? To = null);
