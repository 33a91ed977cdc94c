using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Integration.Tests.Training;

/// <summary>The service of docs/features.md, "From a definition to a prediction": one stored view with a vector, taken twice by two keys, and one that is computed from the request.</summary>
internal static class RideService
{
    public static void Define(FeaturesBuilder features) => features
        .Add<PlaceStats>()
        .AddOnDemand<RideRequest, RideFeatures>(RideFeatures.From)
        .AddOnDemand<RideRequest, FareInputs, FareFeatures>(FareFeatures.From)
        .AddService("rides", version: 1, service => service
            .From<PlaceStats>("mean_fare", "embedding").As("pickup").WithKeys(("place", "pickup_place"))
            .From<PlaceStats>("mean_fare", "trips", "mood").As("dropoff").WithKeys(("place", "dropoff_place"))
            .From<RideFeatures>()
            .From<FareFeatures>());
}

[FeatureView("place_stats", TimeToLive = "00:05:00")]
internal sealed record PlaceStats(
    [EntityKey] long Place,
    [EventTimestamp] DateTimeOffset At,
    [CreatedTimestamp] DateTimeOffset KnownAt,
    [Feature] float? MeanFare,
    [Feature] long? Trips,
    [Feature] string? Mood,
    [Feature(Length = 3)] float[]? Embedding);

internal sealed record RideKeys(long? DropoffPlace, long? PickupPlace);

internal sealed record RideRequest(float Miles, int Hour, string? Weather, [property: Feature(Length = 2)] float[]? Heading);

internal readonly record struct RideFeatures(float LogMiles, bool IsNight, string? Sky, [property: Feature(Length = 2)] float[]? Reversed, double? PerHour)
{
    public static RideFeatures From(RideRequest ride) => new(
        MathF.Log(1 + ride.Miles), ride.Hour >= 22, ride.Weather?.ToUpperInvariant(), ride.Heading is [var x, var y] ? [-y, -x] : null, ride.Hour == 0 ? null : ride.Miles / (double)ride.Hour);
}

internal readonly record struct FareInputs(float? PickupMeanFare, float? DropoffMeanFare, FeatureStatus DropoffMeanFareStatus);

internal readonly record struct FareFeatures(float? FareChange, bool IsOldFare)
{
    public static FareFeatures From(RideRequest ride, FareInputs fares) => new((fares.DropoffMeanFare - fares.PickupMeanFare) / ride.Miles, fares.DropoffMeanFareStatus == FeatureStatus.Expired);
}
