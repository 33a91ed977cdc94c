using Quickstart.Features;

namespace WebApi;

/// <summary>A trip to predict for.</summary>
internal sealed record PredictRequest
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

    /// <summary>The time to read features for; now when absent.</summary>
    public DateTimeOffset? AsOf { get; init; }

    public TripKeys Keys() => new(Company, PickupArea);

    public TripRequest Trip() => new()
    {
        PaymentType = PaymentType,
        Company = Company,
        PickupArea = PickupArea,
        Hour = Hour,
        Weekday = Weekday,
        Month = Month,
        Miles = Miles,
        Seconds = Seconds,
        Fare = Fare,
    };
}
