using Quickstart.Data;
using Quickstart.Features;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>What a feature row holds, and when it is there.</summary>
public sealed class TripHistoryTests
{
    private static readonly DateTimeOffset Noon = new(2024, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void OfCompanies_LateReport_DelaysItsRowButNotWhatLaterRowsHold()
    {
        var trips = new[] { Trip(0, isBigTip: true) with { ReportDelay = TimeSpan.FromHours(5) }, Trip(10, isBigTip: false) };

        var rows = TripHistory.OfCompanies(trips);

        Assert.Equal([trips[0].End, trips[1].End], rows.Select(r => r.EventTime));
        Assert.Equal([trips[0].End.AddHours(5), trips[1].End], rows.Select(r => r.CreatedTime));

        // The second row arrives before the first and holds the first trip's outcome all the same: its source knew it.
        Assert.True(rows[1].CreatedTime < rows[0].CreatedTime);
        Assert.Equal((2, 0.5f), (rows[1].CompanyTrips, rows[1].CompanyBigTipShare));
    }

    [Fact]
    public void Build_ReportDelays_ChangeNothingButCreatedTimes()
    {
        var late = SyntheticTrips.Create(2_000, seed: 4).Trips;
        var prompt = late.Select(t => t with { ReportDelay = TimeSpan.Zero }).ToList();
        Assert.Contains(late, t => t.ReportDelay > TimeSpan.Zero);

        Assert.Equal(TripHistory.OfCompanies(prompt), TripHistory.OfCompanies(late).Select(r => r with { CreatedTime = r.EventTime }));
        Assert.Equal(TripHistory.OfAreas(prompt), TripHistory.OfAreas(late).Select(r => r with { CreatedTime = r.EventTime }));
    }

    [Fact]
    public void Build_Lift_IsWhatThePaymentTypeDoesNotExplain()
    {
        // Cards: 3 of 4 big everywhere, 1 of 1 at A. Cash: none.
        Trip[] trips =
        [
            Trip(0, isBigTip: true, "Credit Card", company: null),
            Trip(1, isBigTip: false, "Credit Card", company: null),
            Trip(2, isBigTip: true, "Credit Card", company: "B"),
            Trip(3, isBigTip: false, "Cash", company: "A"),
            Trip(4, isBigTip: true, "Credit Card", company: "A"),
        ];

        var rows = TripHistory.OfCompanies(trips);

        Assert.Equal(["B", "A", "A"], rows.Select(r => r.Company));
        Assert.Equal((1 - (2.0 / 3)) / (1 + 10), rows[0].CompanyBigTipLift, tolerance: 1e-6);
        Assert.Equal(0, rows[1].CompanyBigTipLift, tolerance: 1e-6);
        Assert.Equal((1 - 0.75) / (2 + 10), rows[2].CompanyBigTipLift, tolerance: 1e-6);
        Assert.Equal(0.3 * 0.25, rows[2].CompanyRecentBigTipLift, tolerance: 1e-6);
    }

    [Fact]
    public void Build_TripsOlderThanTheWindow_AreForgotten()
    {
        var rows = TripHistory.OfAreas([Trip(0, isBigTip: true), Trip(1, isBigTip: true), Trip((90 * 24 * 60) + 1, isBigTip: false)]);

        Assert.Equal(2, rows[2].AreaTrips);
        Assert.Equal(0.5f, rows[2].AreaBigTipShare);
        Assert.Equal(10, rows[2].AreaMeanFare, tolerance: 1e-4);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(0)]
    [InlineData(700.07)]
    public void WithOutcome_AnyFare_IsThatOutcome(double fare)
    {
        var trip = Trip(0, isBigTip: true) with { Fare = fare };

        Assert.True(trip.WithOutcome(true).IsBigTip);
        Assert.False(trip.WithOutcome(false).IsBigTip);
    }

    private static Trip Trip(int minute, bool isBigTip, string paymentType = "Cash", string? company = "A") => new()
    {
        Start = Noon.AddMinutes(minute),
        Seconds = 60,
        Miles = 1,
        Fare = 10,
        Tips = isBigTip ? 5 : 0,
        PaymentType = paymentType,
        Company = company,
        PickupArea = 7,
        Month = 1,
        Hour = 12,
        Weekday = 2,
    };
}
