using Mlp.Features.Definitions;

namespace Mlp.Features.Tests.Definitions;

[FeatureView("company_stats", Version = 2, TimeToLive = "7.00:00:00", Owner = "taxi", Description = "What is known about a company.")]
public sealed record CompanyStats(
    [EntityKey] string? Company,
    [EntityKey] int? Area,
    [EventTimestamp] DateTimeOffset EventTimestamp,
    [CreatedTimestamp(Name = "created")] DateTime? KnownAt,
    [Feature(Description = "Trips so far.")] long Trips,
    [Feature] float? MeanFare,
    [Feature] double TipShare,
    [Feature(Name = "is_big")] bool IsBig,
    [Feature] string? Motto,
    int NotAFeature = 0);

[FeatureView("area_stats", CreatedTimeEqualsEventTime = true, TimeToLiveSeconds = 60)]
public readonly record struct AreaStats(
    [EntityKey] int Area,
    [EventTimestamp] DateTimeOffset At,
    [Feature] float MeanFare);

public readonly record struct TripRequest(float Fare, int Hour, string? PaymentType);

public readonly record struct TripFeatures(float FarePerHour, bool IsNight, string? Payment, double? MaybeFare)
{
    public static TripFeatures From(TripRequest request) => new(
        request.Fare / (request.Hour + 1), request.Hour >= 22, request.PaymentType, request.Fare > 0 ? request.Fare : null);
}
