using Quickstart.Features;

namespace WebApi;

/// <summary>A trip to predict for.</summary>
/// <param name="Keys">Whose stored features are read.</param>
/// <param name="Trip">What is asked about.</param>
/// <param name="AsOf">The time to read features for; now when absent.</param>
internal sealed record PredictRequest(TripKeys Keys, TripRequest Trip, DateTimeOffset? AsOf)
{
    private const double SecondsPerMonth = 30 * 86_400;

    /// <summary>Reads a request; numbers lie in the ranges that a file of trips is held to.</summary>
    /// <exception cref="BadHttpRequestException">The body is not of the documented form.</exception>
    public static async Task<PredictRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = await JsonBody.ReadAsync(request, cancellationToken);
        var trip = new TripRequest
        {
            PaymentType = body.Text("paymentType"),
            Company = body.OptionalText("company"),
            PickupArea = body.OptionalWhole("pickupArea", 0, 1_000_000_000),
            Hour = body.Whole("hour", 0, 23),
            Weekday = body.Whole("weekday", 1, 7),
            Month = body.Whole("month", 1, 12),
            Miles = body.Number("miles", 0, 1_000_000),
            Seconds = body.Number("seconds", 0, SecondsPerMonth),
            Fare = body.Number("fare", 0, 1_000_000),
        };
        var asOf = body.OptionalTime("asOf");
        body.ThrowIfWrong();
        return new PredictRequest(new TripKeys(trip.Company, trip.PickupArea), trip, asOf);
    }
}
