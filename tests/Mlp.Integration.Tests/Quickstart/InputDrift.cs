using Quickstart.Data;
using Quickstart.Features;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>The drift of the model's inputs computed the plain way, without stores and without a model.</summary>
internal static class InputDrift
{
    private const int Deciles = 10;
    private const double SmallestShare = 1e-4;

    /// <summary>The numeric inputs per trip as they were known at its start; NaN where nothing was known.</summary>
    public static IEnumerable<(string Name, double[] Values)> InputsOf(IReadOnlyList<Trip> trips)
    {
        var requests = trips.Select(t => TripFeatures.From(TripRequests.Of(t))).ToList();
        yield return ("trip_hour", [.. requests.Select(r => (double)r.TripHour)]);
        yield return ("trip_weekday", [.. requests.Select(r => (double)r.TripWeekday)]);
        yield return ("trip_month", [.. requests.Select(r => (double)r.TripMonth)]);
        yield return ("trip_miles", [.. requests.Select(r => (double)r.TripMiles)]);
        yield return ("trip_seconds", [.. requests.Select(r => (double)r.TripSeconds)]);
        yield return ("trip_fare", [.. requests.Select(r => (double)r.TripFare)]);

        var companies = AsOf(TripHistory.OfCompanies([.. trips]), r => r.Company, r => (r.EventTime, r.CreatedTime), trips, t => t.Company);
        var areas = AsOf(TripHistory.OfAreas([.. trips]), r => (long?)r.PickupArea, r => (r.EventTime, r.CreatedTime), trips, t => t.PickupArea);
        yield return ("company_big_tip_lift", [.. companies.Select(r => r?.CompanyBigTipLift ?? double.NaN)]);
        yield return ("company_recent_big_tip_lift", [.. companies.Select(r => r?.CompanyRecentBigTipLift ?? double.NaN)]);
        yield return ("area_big_tip_lift", [.. areas.Select(r => r?.AreaBigTipLift ?? double.NaN)]);
    }

    /// <summary>PSI over the deciles of the reference, with missing values in a bin of their own.</summary>
    public static double PopulationStabilityIndex(double[] reference, double[] current)
    {
        var present = reference.Where(v => !double.IsNaN(v)).Order().ToArray();
        var edges = Enumerable.Range(1, Deciles - 1).Select(i => present[present.Length * i / Deciles]).Distinct().ToArray();
        var (p, q) = (Shares(reference, edges), Shares(current, edges));
        return p.Zip(q, (a, b) => (a, b)).Where(s => s.a + s.b > 0)
            .Sum(s => (Math.Max(s.a, SmallestShare) - Math.Max(s.b, SmallestShare)) * Math.Log(Math.Max(s.a, SmallestShare) / Math.Max(s.b, SmallestShare)));
    }

    private static double[] Shares(double[] values, double[] edges)
    {
        var shares = new double[edges.Length + 2];
        foreach (var value in values)
        {
            shares[double.IsNaN(value) ? ^1 : edges.Count(e => value > e)] += 1.0 / values.Length;
        }

        return shares;
    }

    private static List<TRow?> AsOf<TRow, TKey>(
        List<TRow> rows, Func<TRow, TKey> keyOf, Func<TRow, (DateTimeOffset Event, DateTimeOffset Created)> timesOf, IReadOnlyList<Trip> trips, Func<Trip, TKey?> keyOfTrip)
        where TRow : class
    {
        // Rows come in order of their event time.
        var lists = rows.GroupBy(r => (object)keyOf(r)!).ToDictionary(g => g.Key, g => g.ToList());
        return [.. trips.Select(trip =>
        {
            if (keyOfTrip(trip) is not { } key || !lists.TryGetValue(key, out var own))
            {
                return null;
            }

            for (var i = own.Count - 1; i >= 0; i--)
            {
                var (happened, created) = timesOf(own[i]);
                if (happened <= trip.Start && created <= trip.Start)
                {
                    return trip.Start - happened <= SyntheticTrips.TimeToLive ? own[i] : null;
                }
            }

            return null;
        })];
    }
}
