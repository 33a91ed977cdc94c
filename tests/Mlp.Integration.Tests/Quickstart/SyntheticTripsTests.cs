using Mlp.Runtime.Statistics;
using Quickstart.Data;
using Quickstart.Features;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>The stream has what it says it has; otherwise the checks on it would pass for nothing.</summary>
public sealed class SyntheticTripsTests
{
    private static readonly TripSource Source = SyntheticTrips.Create(12_000, seed: 1);

    [Fact]
    public void Create_SameSeed_GivesTheSameTrips()
        => Assert.Equal(Source.Trips, SyntheticTrips.Create(12_000, seed: 1).Trips);

    [Fact]
    public void Create_Trips_AreInOrderOfTheirStart()
        => Assert.True(Source.Trips.Zip(Source.Trips.Skip(1)).All(pair => pair.First.Start <= pair.Second.Start));

    [Fact]
    public void Create_Stream_HasTiesLateArrivalsAndNullKeys()
    {
        Assert.Contains(Source.Trips.GroupBy(t => t.End), g => g.Count() > 1);
        Assert.InRange(Source.Trips.Count(t => t.ReportDelay > TimeSpan.Zero), 200, 600);
        Assert.InRange(Source.Trips.Count(t => t.Company is null), 500, 1_000);
        Assert.Contains(Source.Trips, t => t.PickupArea is null);
    }

    [Fact]
    public void Create_Stream_AsksExactlyWhenValuesExpireAndOneMicrosecondLater()
    {
        var rows = TripHistory.OfCompanies(Source.Trips).GroupBy(r => r.Company).ToDictionary(g => g.Key, g => g.OrderBy(r => r.EventTime).ToList());
        var ages = Source.Trips
            .Where(t => t.Company is not null)
            .Select(t => (t.Start, Last: rows[t.Company!].LastOrDefault(r => r.EventTime <= t.Start)))
            .Where(pair => pair.Last is not null)
            .Select(pair => pair.Start - pair.Last!.EventTime)
            .ToList();

        Assert.Equal(2, ages.Count(a => a == SyntheticTrips.TimeToLive));
        Assert.Equal(2, ages.Count(a => a == SyntheticTrips.TimeToLive + TimeSpan.FromMicroseconds(1)));
    }

    [Fact]
    public void Create_Optimum_IsCalibratedAndKnowsNothingWithoutHistory()
    {
        var bins = Source.Trips.Zip(Source.Optimum).GroupBy(p => Math.Round(p.Second, 1)).Where(g => g.Count() > 300);
        Assert.All(bins, g => Assert.InRange(g.Average(p => p.First.IsBigTip ? 1.0 : 0.0) - g.Average(p => p.Second), -0.06, 0.06));

        var test = Source.Trips.Skip(8_400).Zip(Source.Optimum.Skip(8_400)).ToList();
        var optimum = BinaryClassificationMetrics.Compute(
            test.Select(p => p.Second).ToArray(), test.Select(p => p.First.IsBigTip).ToArray(), threshold: 0.5);
        Assert.InRange(optimum.Auc, 0.85, 0.95);
    }
}
