using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Quickstart.Data;

namespace Quickstart.Features;

/// <summary>The questions that a point-in-time join answers: one row per trip with its keys, its request, its start and its label.</summary>
internal static class TripSpine
{
    public const string Time = "trip_start";
    public const string Label = "is_big_tip";

    /// <summary>Makes the table. Column names are those of <see cref="TripRequest"/> in snake_case, two of which are entity keys as well.</summary>
    /// <param name="trips">The trips, in order of their start.</param>
    /// <param name="labels">One label per trip.</param>
    public static RecordBatch Build(IReadOnlyList<Trip> trips, IReadOnlyList<bool> labels)
    {
        var start = new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC"));
        var label = new Int64Array.Builder();
        var payment = new StringArray.Builder();
        var company = new StringArray.Builder();
        var area = new Int64Array.Builder();
        var hour = new Int64Array.Builder();
        var weekday = new Int64Array.Builder();
        var month = new Int64Array.Builder();
        var miles = new DoubleArray.Builder();
        var seconds = new DoubleArray.Builder();
        var fare = new DoubleArray.Builder();
        for (var i = 0; i < trips.Count; i++)
        {
            var trip = trips[i];
            start.Append(Microseconds.ToDateTimeOffset(Microseconds.FromRequestTime(trip.Start)));
            label.Append(labels[i] ? 1 : 0);
            payment.Append(trip.PaymentType);
            company.Append(trip.Company);
            _ = trip.PickupArea is { } known ? area.Append(known) : area.AppendNull();
            hour.Append(trip.Hour);
            weekday.Append(trip.Weekday);
            month.Append(trip.Month);
            miles.Append(trip.Miles);
            seconds.Append(trip.Seconds);
            fare.Append(trip.Fare);
        }

        return new RecordBatch.Builder()
            .Append(Time, false, start.Build())
            .Append(Label, false, label.Build())
            .Append("payment_type", false, payment.Build())
            .Append("company", true, company.Build())
            .Append("pickup_area", true, area.Build())
            .Append("hour", false, hour.Build())
            .Append("weekday", false, weekday.Build())
            .Append("month", false, month.Build())
            .Append("miles", false, miles.Build())
            .Append("seconds", false, seconds.Build())
            .Append("fare", false, fare.Build())
            .Build();
    }
}
