using System.Globalization;
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

    [Fact]
    public void Create_Optimum_KnowsEveryOutcomeAtTheEndOfItsTripHoweverLateItsReport()
    {
        // The forward algorithm once more, from the trips alone and without looking at a report delay.
        var filter = new MoodFilter(24, bigTipWhenGenerous: 0.93, bigTipWhenStingy: 0.07, flipProbability: 0.02);
        for (var i = 0; i < Source.Trips.Count; i++)
        {
            var trip = Source.Trips[i];
            filter.Advance(trip.Start);
            var company = trip.Company is { } name ? int.Parse(name.AsSpan("Company ".Length), CultureInfo.InvariantCulture) : -1;
            Assert.Equal(company < 0 ? 0.5 : filter.ProbabilityOfBigTip(company), Source.Optimum[i], tolerance: 1e-12);
            if (company >= 0)
            {
                filter.Observe(company, trip.End, trip.IsBigTip);
            }
        }
    }

    [Fact]
    public void WithShuffledOutcomes_Trips_KeepEverythingButTheOutcome()
    {
        var shuffled = Source.WithShuffledOutcomes(seed: 5);

        Assert.Equal(Source.Trips.Count(t => t.IsBigTip), shuffled.Trips.Count(t => t.IsBigTip));
        Assert.InRange(Source.Trips.Zip(shuffled.Trips).Count(p => p.First.IsBigTip != p.Second.IsBigTip), 5_000, 7_000);
        Assert.Equal(Source.Trips.Select(t => t with { Tips = 0 }), shuffled.Trips.Select(t => t with { Tips = 0 }));
        Assert.NotEqual(Source.BatchId, shuffled.BatchId);
        Assert.True(shuffled.IsShuffled);
        Assert.Empty(shuffled.Optimum);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Create_PlantedDrift_IsTwiceAnyOtherOfTheModelsInputs(int seed)
    {
        var source = SyntheticTrips.Create(12_000, seed);
        var partition = new TripPartition(source, SyntheticTrips.TimeToLive, 0.6, 0.7);
        var psi = new Dictionary<string, double>();
        foreach (var (name, values) in InputDrift.InputsOf(source.Trips))
        {
            psi.Add(name, InputDrift.PopulationStabilityIndex(values[partition.TrainingIndex..partition.GateIndex], values[partition.ReplayIndex..]));
        }

        Assert.Equal("trip_miles", source.PlantedDrift);
        Assert.All(psi.Where(p => p.Key != source.PlantedDrift), p => Assert.True(2 * p.Value < psi[source.PlantedDrift!], $"{p.Key} has {p.Value:F3}, the planted one {psi[source.PlantedDrift!]:F3}."));
    }
}
