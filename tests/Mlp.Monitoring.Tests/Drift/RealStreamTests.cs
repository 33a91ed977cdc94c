using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>Two recorded streams, each with a model that was trained on its first part and is watched over the rest.</summary>
public sealed class RealStreamTests
{
    private const int WindowRows = 5_000;

    private static readonly string[] Electricity = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"];
    private static readonly string[] Constants = ["transfer", "vicdemand", "vicprice"];

    [ReferenceDataFact("data/elec.csv")]
    public async Task DetectAsync_Electricity_NamesWhatDriftsAndWhatWasConstant()
    {
        using var stream = await RecordedStream.CreateAsync("data/elec.csv", Electricity, "class", 1.0 / 3, isClassifier: true);
        var third = stream.RowCount / 3;
        var names = new List<string>();
        for (var from = third; from < stream.RowCount; from += WindowRows)
        {
            var report = await stream.CompareAsync(third, from, Math.Min(from + WindowRows, stream.RowCount));
            Assert.Equal(Constants, report.Features.Where(f => f.IsConstantReference).Select(f => f.Name).Order());
            Assert.Equal(Constants, report.Findings.Where(f => f.Test == "left-constant").Select(f => f.Subject.Feature).Order());
            Assert.All(report.Features, f => Assert.True(double.IsFinite(f.Statistic) && double.IsFinite(f.PopulationStabilityIndex) && double.IsFinite(f.JensenShannonDistance)));
            Assert.All(report.Features, f => Assert.Contains("<svg", f.ToSvg(), StringComparison.Ordinal));
            Assert.Contains(report.Findings, f => f is { Kind: FindingKind.MultivariateDrift, Test: "domain-classifier" });
            names.Add(string.Join(' ', report.Findings.Where(f => f.Kind == FindingKind.Drift && f.Test != "left-constant").Select(f => f.Subject.Feature).Order()));
        }

        // The time of day never drifts; the price does until its market has been joined for long, then the demand of the season.
        Assert.Equal(
        [
            "nswprice predicted class score",
            "nswdemand nswprice predicted class score",
            "nswprice predicted class score",
            "nswprice predicted class score",
            "nswdemand nswprice score",
            "nswdemand nswprice score",
            "nswdemand nswprice",
        ],
        names);
    }

    [ReferenceDataFact("data/elec.csv")]
    public async Task DetectAsync_ElectricityBeforeItsMarketWasJoined_ReportsConstantsAndNoDriftOfThem()
    {
        using var stream = await RecordedStream.CreateAsync("data/elec.csv", Electricity, "class", 1.0 / 3, isClassifier: true);
        var third = stream.RowCount / 3;

        var report = await stream.CompareAsync(third, third, third + 2_000);

        Assert.Equal(Constants, report.Features.Where(f => f is { IsConstantReference: true, IsConstant: true, Severity: DriftSeverity.None, Statistic: 0 }).Select(f => f.Name).Order());
        Assert.DoesNotContain(report.Findings, f => Constants.Contains(f.Subject.Feature));
    }

    [ScikitLearnFact("data/elec.csv")]
    public async Task DetectAsync_Electricity_StatisticsEqualScipy()
    {
        using var stream = await RecordedStream.CreateAsync("data/elec.csv", Electricity, "class", 1.0 / 3, isClassifier: true);
        var third = stream.RowCount / 3;
        var rules = new DriftOptions { TestsWholeVector = false };
        var psi = await stream.CompareAsync(third, third, third + WindowRows, rules);
        var ks = await stream.CompareAsync(third, third, third + WindowRows, new() { TestsWholeVector = false, NumericMethod = DriftMethod.KolmogorovSmirnov });
        var wasserstein = await stream.CompareAsync(third, third, third + WindowRows, new() { TestsWholeVector = false, NumericMethod = DriftMethod.Wasserstein });
        foreach (var feature in new[] { "nswprice", "nswdemand", "period" })
        {
            var scipy = ScikitLearn.Run(
                """
                from scipy import stats
                n = int(size[0])
                a, b = both[:n], both[n:]
                edges = np.r_[-np.inf, np.quantile(a, np.arange(1, 10) / 10), np.inf]
                p, q = np.histogram(a, edges)[0], np.histogram(b, edges)[0]
                x, y = np.maximum(p / len(a), 1e-4), np.maximum(q / len(b), 1e-4)
                out['psi'] = np.sum((x - y) * np.log(x / y))
                out['psi_p'] = stats.chi2_contingency([p, q])[1]
                k = stats.ks_2samp(a, b)
                out['ks'], out['ks_p'] = k.statistic, k.pvalue
                out['w'] = stats.wasserstein_distance(a, b) / max(a.std(), 1e-3)
                """,
                ("both", stream.ColumnOf(feature, 0, third + WindowRows)),
                ("size", Enumerable.Repeat((double)third, third + WindowRows)));
            Assert.Equal(scipy["psi"][0], psi.Find(feature)!.Statistic, 1e-9);
            Assert.Equal(scipy["psi_p"][0], psi.Find(feature)!.PValue, Math.Max(1e-9 * scipy["psi_p"][0], 1e-300));
            Assert.Equal(scipy["ks"][0], ks.Find(feature)!.Statistic, 1e-9);
            Assert.Equal(scipy["ks_p"][0], ks.Find(feature)!.PValue, Math.Max(1e-4 * scipy["ks_p"][0], 1e-20));
            Assert.Equal(scipy["w"][0], wasserstein.Find(feature)!.Statistic, 1e-9);
        }
    }

    [ReferenceDataFact("data/bike_hour.csv")]
    public async Task DetectAsync_Bikes_NamesWhatDrifts()
    {
        string[] features = ["season", "year", "month", "hour", "holiday", "weekday", "workingday", "weathersit", "temp", "feelingTemp", "humidity", "windspeed"];
        using var stream = await RecordedStream.CreateAsync("data/bike_hour.csv", features, "count", 0.7, isClassifier: false);
        var trained = (int)(stream.RowCount * 0.7);

        var report = await stream.CompareAsync(trained, trained, stream.RowCount);

        // The rest is the second half of the second year.
        Assert.Equal(["feelingTemp", "month", "score", "season", "temp", "year"], report.Findings.Where(f => f.Kind == FindingKind.Drift).Select(f => f.Subject.Feature).Order());
        Assert.Equal(["constant", "out-of-range"], report.Findings.Where(f => f.Kind == FindingKind.DataQuality).Select(f => f.Test).Order());
        Assert.Equal("year", report.Findings.Single(f => f.Test == "constant").Subject.Feature);
        Assert.Equal(["domain-classifier", "pca-reconstruction"], report.Findings.Where(f => f.Kind == FindingKind.MultivariateDrift).Select(f => f.Test).Order());
        Assert.True(report.Find("year")!.IsConstant);
    }
}
