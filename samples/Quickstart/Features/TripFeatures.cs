using System.Globalization;

namespace Quickstart.Features;

/// <summary>Features computed from the request itself: the same method for a training batch and for a single call.</summary>
internal readonly record struct TripFeatures
{
    public string PaymentType { get; init; }

    public string? TripCompany { get; init; }

    public string? TripArea { get; init; }

    public float TripHour { get; init; }

    public float TripWeekday { get; init; }

    public float TripMonth { get; init; }

    public float TripMiles { get; init; }

    public float TripSeconds { get; init; }

    public float TripFare { get; init; }

    public float LogFare { get; init; }

    public float IsWholeDollarFare { get; init; }

    public static TripFeatures From(TripRequest request) => new()
    {
        PaymentType = request.PaymentType,
        TripCompany = request.Company,
        TripArea = AreaName(request.PickupArea),
        TripHour = request.Hour,
        TripWeekday = request.Weekday,
        TripMonth = request.Month,
        TripMiles = (float)Math.Log(1 + request.Miles),
        TripSeconds = (float)Math.Log(1 + request.Seconds),
        TripFare = (float)request.Fare,
        LogFare = (float)Math.Log(1 + request.Fare),
        IsWholeDollarFare = request.Fare == Math.Floor(request.Fare) ? 1 : 0,
    };

    /// <summary>Areas are numbers that do not count anything, so the model takes them as categories; the names are made once.</summary>
    private static string? AreaName(long? area)
        => area is not { } number ? null : number >= 0 && number < AreaNames.Length ? AreaNames[number] : number.ToString(CultureInfo.InvariantCulture);

    private static readonly string[] AreaNames = [.. Enumerable.Range(0, 100).Select(i => i.ToString(CultureInfo.InvariantCulture))];
}
