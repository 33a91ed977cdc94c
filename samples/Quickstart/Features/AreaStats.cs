using Mlp.Features.Definitions;

namespace Quickstart.Features;

/// <summary>What is known of a pickup area's last 90 days when a trip from there ends.</summary>
[FeatureView("area_stats", Version = 1, TimeToLive = "90.00:00:00", Owner = "taxi", Description = "Trips from a pickup area over the past 90 days.")]
internal sealed record AreaStats
{
    [EntityKey]
    public required long PickupArea { get; init; }

    [EventTimestamp]
    public required DateTimeOffset EventTime { get; init; }

    [CreatedTimestamp]
    public required DateTimeOffset CreatedTime { get; init; }

    [Feature(Description = "Trips that ended in the window.")]
    public required long AreaTrips { get; init; }

    [Feature(Description = "Mean fare in the window, dollars.")]
    public required float AreaMeanFare { get; init; }

    [Feature(Description = "Share of trips in the window with a tip above 20 % of the fare.")]
    public required float AreaBigTipShare { get; init; }

    [Feature(Description = "Share of trips in the window with a big tip above what their payment types let expect, -1 to 1; pulled towards 0 where there are few trips.")]
    public required float AreaBigTipLift { get; init; }
}
