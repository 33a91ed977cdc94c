using Quickstart.Data;

namespace Quickstart.Features;

/// <summary>What is asked about a trip: everything but its outcome.</summary>
internal sealed record TripRequest
{
    public required string PaymentType { get; init; }

    public string? Company { get; init; }

    public long? PickupArea { get; init; }

    public required long Hour { get; init; }

    public required long Weekday { get; init; }

    public required long Month { get; init; }

    public required double Miles { get; init; }

    public required double Seconds { get; init; }

    public required double Fare { get; init; }

    public static TripRequest From(Trip trip) => new()
    {
        PaymentType = trip.PaymentType,
        Company = trip.Company,
        PickupArea = trip.PickupArea,
        Hour = trip.Hour,
        Weekday = trip.Weekday,
        Month = trip.Month,
        Miles = trip.Miles,
        Seconds = trip.Seconds,
        Fare = trip.Fare,
    };
}
