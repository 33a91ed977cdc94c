using Quickstart.Data;

namespace Quickstart.Features;

/// <summary>
/// Turns trips into the feature rows of <see cref="CompanyStats"/> and <see cref="AreaStats"/>: one row per trip, at the trip's end, when its outcome became known, not at its start.
/// <para>
/// The system that keeps these aggregates knows every outcome at its trip's end (event time), so a row holds the outcomes of all trips that ended by then, and its own. Only the finished
/// row may reach us late: its created time is its arrival (<see cref="Trip.ReportDelay"/>), and what it says does not depend on that. A row that arrives in time therefore already holds
/// the outcome of an earlier trip whose own row is still on its way.
/// </para>
/// </summary>
internal static class TripHistory
{
    private const double WeightOfNewest = 0.3;

    /// <summary>The lift counts as if an entity had so many more trips with nothing special about them.</summary>
    private const double SmoothingTrips = 10;

    private static readonly TimeSpan Window = TimeSpan.FromDays(90);

    public static List<CompanyStats> OfCompanies(IReadOnlyCollection<Trip> trips) => Build(
        trips,
        trip => trip.Company is not null,
        trip => trip.Company!,
        (company, trip, past) => new CompanyStats
        {
            Company = company,
            EventTime = trip.End,
            CreatedTime = trip.End + trip.ReportDelay,
            CompanyTrips = past.Count,
            CompanyMeanFare = past.MeanFare,
            CompanyBigTipShare = past.BigTipShare,
            CompanyBigTipLift = past.BigTipLift,
            CompanyRecentBigTipLift = past.RecentBigTipLift,
        });

    public static List<AreaStats> OfAreas(IReadOnlyCollection<Trip> trips) => Build(
        trips,
        trip => trip.PickupArea is not null,
        trip => trip.PickupArea!.Value,
        (area, trip, past) => new AreaStats
        {
            PickupArea = area,
            EventTime = trip.End,
            CreatedTime = trip.End + trip.ReportDelay,
            AreaTrips = past.Count,
            AreaMeanFare = past.MeanFare,
            AreaBigTipShare = past.BigTipShare,
            AreaBigTipLift = past.BigTipLift,
        });

    private static List<TRow> Build<TKey, TRow>(
        IReadOnlyCollection<Trip> trips, Func<Trip, bool> hasKey, Func<Trip, TKey> key, Func<TKey, Trip, Past, TRow> make)
        where TKey : notnull
    {
        var payments = new Dictionary<string, Past>();
        var histories = new Dictionary<TKey, Past>();
        var rows = new List<TRow>(trips.Count);
        foreach (var trip in trips.OrderBy(t => t.End))
        {
            // What trips with this payment type show on average, everywhere: all that a trip without a company or an area adds to.
            var expected = Add(payments, trip.PaymentType, trip, 0).BigTipShare;
            if (hasKey(trip))
            {
                var entity = key(trip);
                rows.Add(make(entity, trip, Add(histories, entity, trip, expected)));
            }
        }

        return rows;
    }

    private static Past Add<TKey>(Dictionary<TKey, Past> histories, TKey key, Trip trip, double expected)
        where TKey : notnull
    {
        if (!histories.TryGetValue(key, out var past))
        {
            histories.Add(key, past = new Past());
        }

        past.Add(trip, expected);
        return past;
    }

    /// <summary>The outcomes of one entity within the window before the newest one.</summary>
    private sealed class Past
    {
        private readonly Queue<(Trip Trip, double Expected)> _window = new();
        private int _bigTips;
        private double _expectedBigTips;
        private double _recentBigTipLift;
        private double _fares;

        public long Count => _window.Count;

        public float MeanFare => (float)(_fares / _window.Count);

        public float BigTipShare => (float)_bigTips / _window.Count;

        /// <summary>(big tips - expected big tips) / (trips + smoothing trips).</summary>
        public float BigTipLift => (float)((_bigTips - _expectedBigTips) / (_window.Count + SmoothingTrips));

        public float RecentBigTipLift => (float)_recentBigTipLift;

        /// <param name="trip">A trip that ended.</param>
        /// <param name="expected">Probability of a big tip by its payment type alone.</param>
        public void Add(Trip trip, double expected)
        {
            _window.Enqueue((trip, expected));
            Weigh(trip, expected, 1);
            while (_window.Peek().Trip.End < trip.End - Window)
            {
                var (left, wasExpected) = _window.Dequeue();
                Weigh(left, wasExpected, -1);
            }

            _recentBigTipLift += WeightOfNewest * ((trip.IsBigTip ? 1 : 0) - expected - _recentBigTipLift);
        }

        private void Weigh(Trip trip, double expected, int sign)
        {
            _fares += sign * trip.Fare;
            _bigTips += trip.IsBigTip ? sign : 0;
            _expectedBigTips += sign * expected;
        }
    }
}
