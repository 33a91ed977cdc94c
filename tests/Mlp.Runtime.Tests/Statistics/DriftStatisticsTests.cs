using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class DriftStatisticsTests
{
    private static readonly FeatureProfile Golden = new ReferenceProfileBuilder().AddNumeric("x", GoldenVectors.Reference).Build().Features[0];

    [Fact]
    public void Distances_GoldenSamples_GiveTheValuesOfScipy()
    {
        var window = new FeatureHistogram(Golden);
        window.AddRange(GoldenVectors.Current);
        var reference = Golden.BinCounts.AsSpan();

        Assert.Equal(0.10908462665080665, DriftStatistics.PopulationStabilityIndex(reference, window.Counts), 1e-13);
        Assert.Equal(0.13913698402965693, DriftStatistics.JensenShannonDistance(reference, window.Counts), 1e-12);
        Assert.Equal(0.11583913763646582, DriftStatistics.JensenShannonDistance(reference, window.Counts) * Math.Sqrt(Math.Log(2)), 1e-12);
        Assert.Equal(0.11630043922756071, DriftStatistics.HellingerDistance(reference, window.Counts), 1e-12);
        Assert.Equal(0.12466666666666668, DriftStatistics.TotalVariationDistance(reference, window.Counts), 1e-15);
        Assert.Equal(0.10666666666666666, DriftStatistics.LInfinityDistance(reference, window.Counts), 1e-15);
    }

    [Fact]
    public void Distances_GoldenCategories_GiveTheValuesOfScipy()
    {
        long[] reference = [500, 300, 150, 50];
        long[] current = [420, 330, 180, 70];

        Assert.Equal(0.02900666780195487, DriftStatistics.PopulationStabilityIndex(reference, current), 1e-14);
        Assert.Equal(0.07225329944837769, DriftStatistics.JensenShannonDistance(reference, current), 1e-13);
    }

    // Evidently's own test for Hellinger, which gives five decimals.
    [Fact]
    public void HellingerDistance_EvidentlyExample_GivesItsValue()
    {
        Assert.Equal(0.06812, DriftStatistics.HellingerDistance([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]), 1e-5);
    }

    [Fact]
    public void PopulationStabilityIndex_OneOutlier_GivesGoldenValue()
    {
        var window = new FeatureHistogram(Golden);
        window.AddRange(GoldenVectors.Current);
        window.Add(1e6);

        Assert.Equal(0.10987443051079446, DriftStatistics.PopulationStabilityIndex(Golden.BinCounts.AsSpan(), window.Counts), 1e-13);
    }

    [Fact]
    public void PopulationStabilityIndex_EmptyBin_CountsAsTheSmallestShare()
    {
        // Shares (0.5, 0.5, 0) against (0.5, 0, 0.5), zeros raised to 1e-4.
        var expected = 2 * (0.5 - 1e-4) * Math.Log(0.5 / 1e-4);

        Assert.Equal(expected, DriftStatistics.PopulationStabilityIndex([1, 1, 0], [5, 0, 5]), 1e-12);
    }

    [Property(MaxTest = 200)]
    public bool Distances_AnyCounts_AreBoundedSymmetricAndZeroForEqualShares(int seed)
    {
        var random = new Random(seed);
        var bins = random.Next(1, 30);
        long[] Draw() => [.. Enumerable.Range(0, bins).Select(_ => random.Next(3) == 0 ? 0L : random.Next(1, 1000)).Append(1)];
        var (one, other) = (Draw(), Draw());
        var tripled = one.Select(count => 3 * count).ToArray();

        return new Distance[]
        {
            (a, b) => DriftStatistics.PopulationStabilityIndex(a, b),
            DriftStatistics.JensenShannonDistance,
            DriftStatistics.HellingerDistance,
            DriftStatistics.TotalVariationDistance,
            DriftStatistics.LInfinityDistance,
        }.Select((distance, index) => (distance, index)).All(item =>
            item.distance(one, other) is >= 0 and var value
            && (item.index == 0 || value <= 1)
            && Math.Abs(item.distance(other, one) - value) < 1e-12
            && item.distance(one, tripled) < 1e-7);
    }

    [Fact]
    public void Distances_DisjointSamples_AreOne()
    {
        Assert.Equal(1, DriftStatistics.JensenShannonDistance([3, 0, 4], [0, 5, 0]), 1e-15);
        Assert.Equal(1, DriftStatistics.HellingerDistance([3, 0, 4], [0, 5, 0]), 1e-15);
        Assert.Equal(1, DriftStatistics.TotalVariationDistance([3, 0, 4], [0, 5, 0]), 1e-15);
    }

    [Fact]
    public void Distances_NoRows_AreNaN()
    {
        Distance[] distances =
        [
            (a, b) => DriftStatistics.PopulationStabilityIndex(a, b),
            DriftStatistics.JensenShannonDistance,
            DriftStatistics.HellingerDistance,
            DriftStatistics.TotalVariationDistance,
            DriftStatistics.LInfinityDistance,
        ];
        Assert.All(distances, distance =>
        {
            Assert.True(double.IsNaN(distance([0, 0], [1, 2])));
            Assert.True(double.IsNaN(distance([1, 2], [0, 0])));
            Assert.True(double.IsNaN(distance([], [])));
            Assert.Throws<ArgumentException>(() => distance([1], [1, 2]));
        });
        var terms = new double[2];
        DriftStatistics.PopulationStabilityIndexTerms([1, 2], [0, 0], terms);
        Assert.All(terms, term => Assert.True(double.IsNaN(term)));
    }

    [Fact]
    public void PopulationStabilityIndexTerms_ShiftedBins_AddUpAndNameTheBin()
    {
        long[] reference = [100, 100, 100];
        long[] current = [100, 150, 50];
        var terms = new double[3];
        DriftStatistics.PopulationStabilityIndexTerms(reference, current, terms);

        Assert.Equal(0, terms[0]);
        Assert.Equal((0.5 - (1.0 / 3)) * Math.Log(1.5), terms[1], 1e-15);
        Assert.Equal(DriftStatistics.PopulationStabilityIndex(reference, current), terms.Sum(), 1e-15);
        Assert.Throws<ArgumentException>(() => DriftStatistics.PopulationStabilityIndexTerms(reference, current, new double[2]));
    }

    // The notes: n = m = 100,000 and 20 bins have their 95 % point at 0.0006.
    [Fact]
    public void NullThreshold_LargeSamples_IsFarBelowTheFolklore()
    {
        Assert.Equal(0.0006, DriftStatistics.PopulationStabilityIndexNullThreshold(100_000, 100_000, 20, 0.05), 5e-5);
        Assert.Equal((1.0 / 2000 + (1.0 / 1500)) * 16.918977604620448, DriftStatistics.PopulationStabilityIndexNullThreshold(2000, 1500, 10, 0.05), 1e-12);
    }

    [Fact]
    public void NullThreshold_Edges_AreDefined()
    {
        Assert.True(double.IsNaN(DriftStatistics.PopulationStabilityIndexNullThreshold(0, 10, 10, 0.05)));
        Assert.Equal(0, DriftStatistics.PopulationStabilityIndexNullThreshold(10, 10, 1, 0.05));
        Assert.Equal(2, DriftStatistics.CountBinsInUse([3, 0, 0], [0, 0, 1]));
    }

    [Fact]
    public void NullThreshold_WindowsWithoutDrift_AreExceededAboutAsOftenAsAsked()
    {
        const int windows = 2000;
        var random = new Random(20260101);
        var exceeded = 0;
        var threshold = DriftStatistics.PopulationStabilityIndexNullThreshold(1000, 1000, 10, 0.05);
        for (var i = 0; i < windows; i++)
        {
            exceeded += DriftStatistics.PopulationStabilityIndex(Draw(), Draw()) > threshold ? 1 : 0;
        }

        // 100 expected, binomial standard deviation 9.7; the asymptote is a little small at 100 rows a bin.
        Assert.InRange(exceeded, 65, 145);

        long[] Draw()
        {
            var counts = new long[10];
            for (var row = 0; row < 1000; row++)
            {
                counts[random.Next(10)]++;
            }

            return counts;
        }
    }

    private delegate double Distance(ReadOnlySpan<long> reference, ReadOnlySpan<long> current);
}
