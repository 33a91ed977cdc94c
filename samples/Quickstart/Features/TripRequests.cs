using Quickstart.Data;

namespace Quickstart.Features;

/// <summary>What would have been asked about a trip of the past.</summary>
internal static class TripRequests
{
    public static TripRequest Of(Trip trip) => new()
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
