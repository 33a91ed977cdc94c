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
}
