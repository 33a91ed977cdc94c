using Mlp.Features.Definitions;

namespace Quickstart.Features;

/// <summary>What is known of a taxi company's last 90 days when one of its trips ends.</summary>
[FeatureView("company_stats", Version = 1, TimeToLive = "90.00:00:00", Owner = "taxi", Description = "Trips of a company over the past 90 days.")]
internal sealed record CompanyStats
{
    [EntityKey]
    public required string Company { get; init; }

    [EventTimestamp]
    public required DateTimeOffset EventTime { get; init; }

    [CreatedTimestamp]
    public required DateTimeOffset CreatedTime { get; init; }

    [Feature(Description = "Trips that ended in the window.")]
    public required long CompanyTrips { get; init; }

    [Feature(Description = "Mean fare in the window, dollars.")]
    public required float CompanyMeanFare { get; init; }

    [Feature(Description = "Share of trips in the window with a tip above 20 % of the fare.")]
    public required float CompanyBigTipShare { get; init; }

    [Feature(Description = "Share of trips in the window with a big tip above what their payment types let expect, -1 to 1; pulled towards 0 where there are few trips.")]
    public required float CompanyBigTipLift { get; init; }

    [Feature(Description = "The same lift, exponentially weighted to the last few trips.")]
    public required float CompanyRecentBigTipLift { get; init; }
}
