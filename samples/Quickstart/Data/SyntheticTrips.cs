using System.Globalization;

namespace Quickstart.Data;

/// <summary>
/// Makes a stream of trips whose signal lies in the history of each company and nowhere else. A company is in a generous or in a stingy mood; after each of its trips the mood
/// flips with a small probability, so the company's name says next to nothing, its last outcomes nearly everything. The best that anyone can do with what is known at a trip's start
/// follows exactly from Bayes' rule and is returned beside the trips.
/// <para>
/// The stream has what real ones have: trips that end at the same microsecond, outcomes that are reported late, companies that pause for exactly the time to live of their features
/// and for one microsecond more, unknown companies, and one feature (the miles) whose distribution drifts in the last 30 %, which the label does not depend on.
/// </para>
/// </summary>
internal static class SyntheticTrips
{
    /// <summary>The time to live of the feature views; a company's pause of exactly this long must not lose its history.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromDays(90);

    private const int CompanyCount = 24;
    private const int AreaCount = 20;
    private const double BigTipWhenGenerous = 0.93;
    private const double BigTipWhenStingy = 0.07;
    private const double FlipProbability = 0.02;
    private const double DriftStartShare = 0.7;
    private const double DriftFactor = 8; // As if the meters had begun to count furlongs.

    public static TripSource Create(int count, int seed)
    {
        var random = new Random(seed);
        var moods = Enumerable.Range(0, CompanyCount).Select(_ => random.NextDouble() < 0.5).ToArray();
        var belief = new MoodFilter(CompanyCount, BigTipWhenGenerous, BigTipWhenStingy, FlipProbability);
        var trips = new List<Trip>(count);
        var optimum = new List<double>(count);
        var clock = new DateTimeOffset(2023, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var step = TimeSpan.FromDays(3 * 365.0 / count);
        var pauses = PlannedPauses(count);
        for (var i = 0; i < count; i++)
        {
            clock = WholeMicroseconds(clock + (step * (0.5 + random.NextDouble())));
            var company = random.NextDouble() < 0.06 ? -1 : random.Next(CompanyCount);
            var ties = random.NextDouble() < 0.02 && i > 0 && trips[^1] is { Seconds: > 120, Company: not null };
            if (pauses.TryGetValue(i, out var pause) && LastOf(trips, pause.Company) is { } last)
            {
                // Asked exactly at, or one microsecond after, the moment the company's features expire. Its clock runs on while the others work.
                company = pause.Company;
                clock = Later(clock, last.End + TimeToLive + pause.Beyond);
            }
            else if (ties)
            {
                // Another trip of the same company that ends in the same microsecond: two outcomes with one event time.
                clock = trips[^1].Start.AddSeconds(60);
                company = int.Parse(trips[^1].Company!.AsSpan("Company ".Length), CultureInfo.InvariantCulture);
            }
            else
            {
                while (company >= 0 && IsPausing(pauses, i, company))
                {
                    company = random.Next(CompanyCount);
                }
            }

            belief.Advance(clock);
            var isBigTip = company < 0 ? random.NextDouble() < 0.5 : random.NextDouble() < (moods[company] ? BigTipWhenGenerous : BigTipWhenStingy);
            optimum.Add(company < 0 ? 0.5 : belief.ProbabilityOfBigTip(company));
            var trip = MakeTrip(random, clock, company, isBigTip, i >= count * DriftStartShare);
            if (ties && trip.Start < trips[^1].End)
            {
                trip = trip with { Seconds = (trips[^1].End - trip.Start).TotalSeconds };
            }

            trips.Add(trip);
            if (company >= 0)
            {
                belief.Observe(company, trip.End, isBigTip);
                moods[company] ^= random.NextDouble() < FlipProbability;
            }
        }

        return new TripSource(
            string.Create(CultureInfo.InvariantCulture, $"synthetic stream (seed {seed})"),
            trips,
            string.Create(CultureInfo.InvariantCulture, $"synthetic-{count}-{seed}"),
            optimum,
            PlantedDrift: "trip_miles");
    }

    private static Trip MakeTrip(Random random, DateTimeOffset start, int company, bool isBigTip, bool drifts)
    {
        // Exponential and log-normal shapes like the real ones; the drift stretches the miles only.
        var seconds = 240 + Math.Round(-Math.Log(1 - random.NextDouble()) * 500);
        var miles = Math.Round(-Math.Log(1 - random.NextDouble()) * 2.5, 1) * (drifts ? DriftFactor : 1);
        var fare = Math.Round(4 + (-Math.Log(1 - random.NextDouble()) * 8), 2);

        return new Trip
        {
            Start = start,
            Seconds = seconds,
            Miles = miles,
            Fare = fare,
            Tips = isBigTip ? fare * 0.25 : fare * 0.1 * random.Next(2),
            PaymentType = random.NextDouble() < 0.5 ? "Credit Card" : "Cash",
            Company = company < 0 ? null : string.Create(CultureInfo.InvariantCulture, $"Company {company:00}"),
            PickupArea = random.NextDouble() < 0.01 ? null : random.Next(1, AreaCount + 1),
            Month = start.Month,
            Hour = start.Hour,
            Weekday = (int)start.DayOfWeek + 1,
            ReportDelay = random.NextDouble() < 0.03 ? TimeSpan.FromMinutes(random.Next(1, 600)) : TimeSpan.Zero,
        };
    }

    /// <summary>Four companies stop working for the time to live, before and after the split between training and replay.</summary>
    private static Dictionary<int, Pause> PlannedPauses(int count) => new()
    {
        [count * 40 / 100] = new(0, TimeSpan.Zero, count * 33 / 100),
        [count * 50 / 100] = new(1, TimeSpan.FromMicroseconds(1), count * 43 / 100),
        [count * 85 / 100] = new(2, TimeSpan.Zero, count * 78 / 100),
        [count * 95 / 100] = new(3, TimeSpan.FromMicroseconds(1), count * 88 / 100),
    };

    private static bool IsPausing(Dictionary<int, Pause> pauses, int index, int company)
        => pauses.Any(p => p.Value.Company == company && index >= p.Value.From && index < p.Key);

    private static Trip? LastOf(List<Trip> trips, int company)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"Company {company:00}");
        return trips.Where(t => t.Company == name).MaxBy(t => t.End);
    }

    private static DateTimeOffset WholeMicroseconds(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond), time.Offset);

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private sealed record Pause(int Company, TimeSpan Beyond, int From);
}
