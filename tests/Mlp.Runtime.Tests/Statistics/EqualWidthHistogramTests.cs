using System.Globalization;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

public class EqualWidthHistogramTests
{
    private static readonly string[] Columns = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"];

    [Fact]
    public void Doane_GoldenSamples_GivesTheValueOfNannyMl()
    {
        var bins = EqualWidthHistogram.Doane(GoldenVectors.Reference.Order().ToArray());

        Assert.Equal(13, bins.Edges.Length);
        Assert.Equal(0.1545247483801838, DriftStatistics.JensenShannonDistance(bins.Counts, bins.Count([.. GoldenVectors.Current.Order()])), 1e-12);
    }

    // NannyML 0.13.1 on elec.csv: reference rows 7,500 to 14,999, analysis to 38,999, chunks of 2,000 (golden/README.md).
    [ReferenceDataFact("golden/nannyml/univariate.csv")]
    public void Distances_ElectricityChunks_EqualNannyMl()
    {
        var data = Read("data/elec.csv");
        var golden = Read("golden/nannyml/univariate.csv");
        var periods = File.ReadLines(ReferenceData.Find("golden/nannyml/univariate.csv")!).Skip(1).Select(line => line.Split(',')[1]).ToArray();
        Assert.Equal(16, periods.Length);
        foreach (var column in Columns)
        {
            var reference = data[column][7_500..15_000].Order().ToArray();
            var (bins, steps) = (EqualWidthHistogram.Doane(reference), SampleDistribution.OfSorted(reference));
            for (var chunk = 0; chunk < periods.Length; chunk++)
            {
                var (part, end) = periods[chunk] == "reference" ? (7_500, 15_000) : (15_000, 39_000);
                var start = part + (int)golden["chunk_start_index"][chunk];
                var current = data[column][start..Math.Min(start + 2_000, end)].Order().ToArray();
                var counts = bins.Count(current);
                var currentSteps = SampleDistribution.OfSorted(current);

                Assert.Equal(golden[$"{column}_kolmogorov_smirnov_value"][chunk], DistributionDistances.KolmogorovSmirnov(steps, currentSteps), 1e-9);
                Assert.Equal(golden[$"{column}_wasserstein_value"][chunk], DistributionDistances.Wasserstein(steps, currentSteps), 1e-9);
                Assert.Equal(golden[$"{column}_jensen_shannon_value"][chunk], DriftStatistics.JensenShannonDistance(bins.Counts, counts), 1e-9);
                Assert.Equal(golden[$"{column}_hellinger_value"][chunk], DriftStatistics.HellingerDistance(bins.Counts, counts), 1e-9);
            }
        }
    }

    [ScikitLearnFact]
    public void Create_ManyBins_EqualsNumpyAndNannyMlsFormula()
    {
        var (a, b) = (GoldenVectors.Reference[..1500], GoldenVectors.Current);
        var numpy = ScikitLearn.Run(
            """
            edges = np.linspace(a.min(), a.max(), 101)
            p = np.histogram(a, edges)[0]
            q = np.histogram(b, edges)[0]
            out['reference'], out['current'] = p, q
            out['edges'] = np.histogram_bin_edges(a, 'doane')
            out['ks'] = np.max(abs(np.cumsum(p / len(a)) - (np.mean(b < edges[0]) + np.cumsum(q / len(b)))))
            """,
            ("a", a),
            ("b", b));
        var bins = EqualWidthHistogram.Create([.. a.Order()], 100);
        double[] current = [.. b.Order()];

        Assert.Equal(numpy["reference"], bins.Counts[..^1].ToArray().Select(c => (double)c));
        Assert.Equal(numpy["current"], bins.Count(current)[..^1].Select(c => (double)c));
        Assert.Equal(b.Length, bins.Count(current).Sum());
        Assert.Equal(numpy["ks"][0], DistributionDistances.BinnedKolmogorovSmirnov(SampleDistribution.OfSorted([.. a.Order()]), SampleDistribution.OfSorted(current), 100), 1e-9);
        Assert.Equal(numpy["edges"], EqualWidthHistogram.Doane([.. a.Order()]).Edges.ToArray(), (x, y) => Math.Abs(x - y) < 1e-12);
    }

    [Fact]
    public void Doane_ConstantReference_IsBlindWithinItsBin()
    {
        var bins = EqualWidthHistogram.Doane(Enumerable.Repeat(0.003, 100).ToArray());

        Assert.Equal(2, bins.Edges.Length);
        Assert.Equal(0, DriftStatistics.JensenShannonDistance(bins.Counts, bins.Count([0.1, 0.2, 0.3])));
        Assert.Equal([1L, 2], bins.Count([-7, 0.2, 9]));
    }

    private static Dictionary<string, double[]> Read(string path)
    {
        var lines = File.ReadAllLines(ReferenceData.Find(path)!);
        var names = lines[0].Split(',');
        var rows = lines.Skip(1).Select(line => line.Split(',')).ToArray();
        return names.Select((name, i) => (name, values: rows.Select(r => double.TryParse(r[i], CultureInfo.InvariantCulture, out var v) ? v : double.NaN).ToArray())).ToDictionary(c => c.name, c => c.values);
    }
}
