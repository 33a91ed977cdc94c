using Quickstart.Data;

namespace Quickstart.Features;

/// <summary>
/// Turns trips into the feature rows of <see cref="CompanyStats"/> and <see cref="AreaStats"/>: one row per trip, over all trips that had ended by its end.
/// The event time of a row is the end of the trip, when its outcome became known to whoever keeps the statistics, not its start. A trip that is reported late delays its row, not the
/// outcomes in it: only the row's created time, when it reached this platform, is later.
/// </summary>
internal static class TripHistory
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(90);
    private const double WeightOfNewest = 0.3;

    public static List<CompanyStats> OfCompanies(IEnumerable<Trip> trips) => Build(
        trips.Where(trip => trip.Company is not null),
        trip => trip.Company!,
        (company, trip, past) => new CompanyStats
        {
            Company = company,
            EventTime = trip.End,
            CreatedTime = trip.End + trip.ReportDelay,
            CompanyTrips = past.Count,
            CompanyMeanFare = past.MeanFare,
            CompanyBigTipShare = past.BigTipShare,
            CompanyRecentBigTipShare = past.RecentBigTipShare,
        });

    public static List<AreaStats> OfAreas(IEnumerable<Trip> trips) => Build(
        trips.Where(trip => trip.PickupArea is not null),
        trip => trip.PickupArea!.Value,
        (area, trip, past) => new AreaStats
        {
            PickupArea = area,
            EventTime = trip.End,
            CreatedTime = trip.End + trip.ReportDelay,
            AreaTrips = past.Count,
            AreaMeanFare = past.MeanFare,
            AreaBigTipShare = past.BigTipShare,
            AreaRecentBigTipShare = past.RecentBigTipShare,
        });

    private static List<TRow> Build<TKey, TRow>(IEnumerable<Trip> trips, Func<Trip, TKey> key, Func<TKey, Trip, Past, TRow> make)
        where TKey : notnull
    {
        var histories = new Dictionary<TKey, Past>();
        var rows = new List<TRow>();
        foreach (var trip in trips.OrderBy(t => t.End))
        {
            var entity = key(trip);
            if (!histories.TryGetValue(entity, out var past))
            {
                histories.Add(entity, past = new Past());
            }

            past.Add(trip);
            rows.Add(make(entity, trip, past));
        }

        return rows;
    }

    /// <summary>The outcomes of one entity within the window before the newest one.</summary>
    private sealed class Past
    {
        private readonly Queue<Trip> _window = new();
        private int _bigTips;
        private double _recentBigTipShare = 0.5;
        private double _fares;

        public long Count => _window.Count;

        public float MeanFare => (float)(_fares / _window.Count);

        public float BigTipShare => (float)_bigTips / _window.Count;

        public float RecentBigTipShare => (float)_recentBigTipShare;

        public void Add(Trip trip)
        {
            _window.Enqueue(trip);
            _fares += trip.Fare;
            _bigTips += trip.IsBigTip ? 1 : 0;
            while (_window.Peek().End < trip.End - Window)
            {
                var left = _window.Dequeue();
                _fares -= left.Fare;
                _bigTips -= left.IsBigTip ? 1 : 0;
            }

            _recentBigTipShare += WeightOfNewest * ((trip.IsBigTip ? 1 : 0) - _recentBigTipShare);
        }
    }
}
