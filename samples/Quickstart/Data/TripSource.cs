namespace Quickstart.Data;

/// <summary>
/// Trips in order of their start, and what is known about them beforehand. The system that the trips come from knows every outcome at the trip's end; only its report may reach us later
/// (<see cref="Trip.ReportDelay"/>).
/// </summary>
/// <param name="Name">Where they come from, for the summary.</param>
/// <param name="Trips">The trips, ascending by start.</param>
/// <param name="BatchId">Identifies the content, so that ingesting it twice is a no-op.</param>
/// <param name="Optimum">The true probability of a big tip per trip given the outcomes of all trips that ended by its start, reported or not; empty when nobody knows it.</param>
/// <param name="PlantedDrift">The feature whose distribution was made to drift; null when none was.</param>
internal sealed record TripSource(string Name, IReadOnlyList<Trip> Trips, string BatchId, IReadOnlyList<double> Optimum, string? PlantedDrift)
{
    /// <summary>The AUC on the last 30 % that is known to be possible with honest features; null where nobody has tried.</summary>
    public (double Lowest, double Highest)? KnownAuc { get; init; }

    /// <summary>Whether the outcomes were dealt out anew, so that nothing predicts them.</summary>
    public bool IsShuffled { get; private init; }

    /// <summary>
    /// Deals the outcomes out anew among the trips, before any feature is built from them: features and labels stay consistent, but nothing that is known at a trip's start says
    /// anything about its outcome. A pipeline that still finds something sees the outcome itself.
    /// </summary>
    public TripSource WithShuffledOutcomes(int seed)
    {
        var outcomes = Trips.Select(t => t.IsBigTip).ToArray();
        new Random(seed).Shuffle(outcomes);
        return this with
        {
            Name = $"{Name}, outcomes shuffled",
            Trips = [.. Trips.Zip(outcomes, (trip, isBigTip) => trip.WithOutcome(isBigTip))],
            BatchId = $"{BatchId}-shuffled-{seed}",
            Optimum = [],
            KnownAuc = null,
            IsShuffled = true,
        };
    }
}
