namespace Quickstart.Data;

/// <summary>Trips in order of their start, and what is known about them beforehand.</summary>
/// <param name="Name">Where they come from, for the summary.</param>
/// <param name="Trips">The trips, ascending by start.</param>
/// <param name="BatchId">Identifies the content, so that ingesting it twice is a no-op.</param>
/// <param name="Optimum">The true probability of a big tip per trip given all that was known at its start; empty when nobody knows it.</param>
/// <param name="PlantedDrift">The feature whose distribution was made to drift; null when none was.</param>
internal sealed record TripSource(string Name, IReadOnlyList<Trip> Trips, string BatchId, IReadOnlyList<double> Optimum, string? PlantedDrift);
