namespace Quickstart.Data;

/// <summary>Trips in order of their start, and what is known about them beforehand.</summary>
/// <param name="Name">Where they come from, for the summary.</param>
/// <param name="Trips">The trips, ascending by start.</param>
/// <param name="BatchId">Identifies the content, so that ingesting it twice is a no-op.</param>
/// <param name="Optimum">The true probability of a big tip per trip given all that was known at its start; empty when nobody knows it.</param>
/// <param name="PlantedDrift">The feature whose distribution was made to drift; null when none was.</param>
internal sealed record TripSource(string Name, IReadOnlyList<Trip> Trips, string BatchId, IReadOnlyList<double> Optimum, string? PlantedDrift)
{
    /// <summary>Whether the outcomes belong to other trips, so that nothing can be learned.</summary>
    public bool IsShuffled { get; private init; }

    /// <summary>The same trips with their outcomes dealt out anew, before features or labels are made of them.</summary>
    /// <param name="seed">Decides how.</param>
    public TripSource ShuffleOutcomes(int seed)
    {
        var outcomes = Trips.Select(t => t.IsBigTip).ToArray();
        new Random(seed).Shuffle(outcomes);
        return this with
        {
            Name = $"{Name}, outcomes shuffled",
            Trips = [.. Trips.Zip(outcomes, (trip, isBigTip) => trip with { Tips = isBigTip ? (trip.Fare * 0.25) + 0.01 : 0 })],
            BatchId = $"{BatchId}-shuffled",
            Optimum = [],
            IsShuffled = true,
        };
    }
}
