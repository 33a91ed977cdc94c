using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>What the report says of windows that a hand has made.</summary>
public sealed class DriftVerdictTests
{
    private const int Rows = 2_000;

    private static readonly double[] Normal = [.. Enumerable.Range(1, Rows).Select(i => GoldenSequences.NormalQuantile(GoldenSequences.Golden(i)))];
    private static readonly double[] Moved = [.. Enumerable.Range(1, 1_500).Select(i => 0.3 + (1.2 * GoldenSequences.NormalQuantile(GoldenSequences.VanDerCorput(i, 2))))];
    private static readonly DriftRules Defaults = new(new DriftOptions(), 0.01, 100);

    [Theory]
    [InlineData(DriftMethod.PopulationStabilityIndex, 0.10908462665080665, "population-stability-index")]
    [InlineData(DriftMethod.JensenShannon, 0.13913698402965693, "jensen-shannon-base-2")]
    [InlineData(DriftMethod.Hellinger, 0.11630043922756071, "hellinger")]
    [InlineData(DriftMethod.TotalVariation, 0.12466666666666668, "total-variation")]
    [InlineData(DriftMethod.LInfinity, 0.10666666666666666, "l-infinity")]
    [InlineData(DriftMethod.KolmogorovSmirnov, 0.1275, "kolmogorov-smirnov")]
    [InlineData(DriftMethod.Wasserstein, 0.30698113202869487, "wasserstein-normed")]
    public void Compare_GoldenSamples_GivesTheChosenStatisticAndAFinding(DriftMethod method, double expected, string test)
    {
        var report = Compare(Numbers(Normal), Moved, Rules(o => o.NumericMethod = method));

        var feature = Assert.Single(report.Features);
        Assert.Equal(expected, feature.Statistic, 1e-9);
        Assert.Equal((method, false), (feature.Method, feature.IsOverBins));
        Assert.InRange(feature.AdjustedPValue, 1e-30, 1e-8);
        var finding = Assert.Single(report.Findings);
        Assert.Equal((FindingKind.Drift, test, "x", Rows, 1_500), (finding.Kind, finding.Test, finding.Subject.Feature, finding.ReferenceRowCount, finding.RowCount));
        Assert.Equal((feature.Statistic, feature.PValue, feature.AdjustedPValue), (finding.Statistic, finding.PValue!.Value, finding.AdjustedPValue!.Value));
        Assert.StartsWith($"Expected feature 'x' of model 'tips' version 3 to be distributed as in its reference, but found {test} ", finding.Message, StringComparison.Ordinal);
        Assert.Contains("1,500 rows against 2,000", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "p < 1E-300 after")]
    [InlineData(1e-310, "p < 1E-300 after")]
    [InlineData(0.00123, "p = 1.23E-3 after")]
    public void Drift_ChanceThatNoNumberCanHold_IsNotSaidToBeNone(double adjusted, string expected)
    {
        var feature = new FeatureDrift
        {
            Name = "fare",
            IsScore = false,
            PopulationStabilityIndex = 0.41,
            NullThreshold = 0.01,
            JensenShannonDistance = 0.3,
            Statistic = 0.41,
            Threshold = 0.1,
            AdjustedPValue = adjusted,
            Severity = DriftSeverity.Major,
            RowCount = 48_210,
            ReferenceRowCount = 120_000,
            ReferenceMissingShare = 0,
            MissingShare = 0,
            UnseenShare = 0,
        };

        Assert.Contains(expected, DriftSentences.Drift(new("tips", 7, null, null), feature).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_CramersVAndKolmogorovSmirnovOverBins_AreWhatTheyShouldBe()
    {
        var chi = Assert.Single(Compare(Categories([500, 300, 150, 50]), [420, 330, 180, 70], Rules(o => o.CategoricalMethod = DriftMethod.ChiSquare)).Features);
        Assert.Equal(0.0849873497301449, chi.Statistic, 1e-9);
        Assert.Equal(0.002357178387020975, chi.PValue, 1e-9);

        // Only bins are known: the largest distance at the deciles.
        var overBins = Assert.Single(Compare(Numbers(Normal, withValues: false), Moved, Rules(o => o.NumericMethod = DriftMethod.KolmogorovSmirnov)).Features);
        Assert.True(overBins.IsOverBins);
        Assert.InRange(overBins.Statistic, 0.1, 0.1275);
    }

    [Fact]
    public void Compare_LargeWindowWithASmallShift_IsSignificantAndNoDrift()
    {
        var large = Enumerable.Range(1, 200_000).Select(i => 0.05 + GoldenSequences.NormalQuantile(GoldenSequences.Golden(i))).ToArray();
        var reference = Enumerable.Range(1, 100_000).Select(i => GoldenSequences.NormalQuantile(GoldenSequences.Golden(i))).ToArray();

        var report = Compare(Numbers(reference), large, Defaults);

        Assert.True(report.Features[0].AdjustedPValue < 1e-10);
        Assert.Equal(DriftSeverity.None, report.Features[0].Severity);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void Compare_SmallWindow_ExceedsThePsiThresholdWithoutAnAlarm()
    {
        var random = new Random(4);
        var report = Compare(Numbers(Normal), [.. Enumerable.Range(0, 100).Select(_ => Normal[random.Next(Rows)])], Rules(_ => { }, significance: 0.001));

        Assert.True(report.Features[0].PopulationStabilityIndex > 0.03);
        Assert.Empty(report.Findings);
    }

    [Theory]
    [InlineData(0, DriftSeverity.None)]
    [InlineData(1, DriftSeverity.Moderate)]
    [InlineData(400, DriftSeverity.Major)]
    public void Compare_ConstantReference_AnythingThatLeavesItIsDrift(int leavers, DriftSeverity expected)
    {
        var reference = Numbers([.. Enumerable.Repeat(0.003, 500)]);

        var report = Compare(reference, [.. Enumerable.Range(0, 1_000).Select(i => i < leavers ? 0.003 + (i * 1e-6) + 1e-9 : 0.003)], Defaults);

        var feature = report.Features[0];
        Assert.True(feature.IsConstantReference);
        Assert.Equal((expected, leavers / 1_000.0, leavers == 0), (feature.Severity, feature.Statistic, feature.IsConstant));
        Assert.True(double.IsFinite(feature.PopulationStabilityIndex) && double.IsFinite(feature.JensenShannonDistance));
        Assert.Equal(leavers > 0 ? ["left-constant"] : System.Array.Empty<string>(), report.Findings.Select(f => f.Test));
        Assert.All(report.Findings, f => Assert.Null(f.PValue));
    }

    // Missing values are a matter of data quality, and no part of those that could have left.
    [Theory]
    [InlineData(0, DriftSeverity.None)]
    [InlineData(9, DriftSeverity.Moderate)]
    public void Compare_ConstantReferenceAndMissingValues_CountsThoseThatAreThere(int leavers, DriftSeverity expected)
    {
        var reference = Numbers([.. Enumerable.Repeat(0.003, 500)]);

        var feature = Compare(reference, [.. Enumerable.Range(0, 1_000).Select(i => i < 100 ? double.NaN : i < 100 + leavers ? 0.004 : 0.003)], Defaults).Features[0];

        Assert.Equal((expected, leavers / 900.0), (feature.Severity, Math.Round(feature.Statistic, 12)));
    }

    // Twice the chance that the k largest of n + m rows are the window's: either end could have been the one.
    [Theory]
    [InlineData(5.0)]
    [InlineData(-5.0)]
    public void Compare_RowsBeyondOneEnd_HaveTheChanceOfTwo(double beyond)
    {
        var window = new FeatureWindow(Numbers(Normal).Profile.Features[0], 0);
        window.AddRange([.. Normal.Take(988), .. Enumerable.Repeat(beyond, 12)]);

        var check = Assert.Single(QualityChecks.Of(window, Defaults), c => c.Test == "out-of-range");

        var chance = Enumerable.Range(0, 12).Aggregate(2.0, (p, i) => p * (1_000 - i) / (3_000 - i));
        Assert.Equal(1, check.PValue / chance, 1e-12);
    }

    [Fact]
    public void Compare_ConstantCategory_AnotherOneIsDrift()
    {
        var report = Compare(Categories([500]), [199, 1], Defaults);

        Assert.Equal("left-constant", report.Findings[0].Test);
        Assert.Contains("another one in 0.5", report.Findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_WorseData_FindsEachKind()
    {
        var missing = Compare(Numbers(Normal), [.. Normal.Take(950), .. Enumerable.Repeat(double.NaN, 50)], Defaults);
        Assert.Equal("missing-share", Assert.Single(missing.Findings, f => f.Kind == FindingKind.DataQuality).Test);
        Assert.Contains("missing values, but found 5", missing.Findings.First(f => f.Kind == FindingKind.DataQuality).Message, StringComparison.Ordinal);

        var range = Compare(Numbers(Normal), [.. Normal.Take(950), .. Enumerable.Repeat(5.0, 50)], Defaults);
        var outside = Assert.Single(range.Findings);
        Assert.Equal(("out-of-range", 0.05), (outside.Test, outside.Statistic));
        Assert.Equal(0.05, range.Features[0].OutOfRangeShare);

        var unseen = Compare(Categories([500, 500]), [480, 480, 40], Defaults);
        Assert.Contains(unseen.Findings, f => f.Test == "new-categories" && f.Statistic == 0.04);

        var constant = Compare(Numbers(Normal), [.. Enumerable.Repeat(0.1, 500)], Defaults);
        Assert.Contains(constant.Findings, f => f.Test == "constant" && f.PValue < 1e-100);
        Assert.True(constant.Features[0].IsConstant);
    }

    // Two of 2,000 rows beyond the largest value are what chance gives: each end of a sample of its own lies beyond the other's as often as not.
    [Fact]
    public void Compare_FewRowsOutOfRangeOrMissing_AreNoFinding()
    {
        Assert.Empty(Compare(Numbers(Normal), [.. Normal.Take(998), 5, double.NaN], Defaults).Findings);
    }

    [Fact]
    public void Compare_IgnoredUnknownMethodsAndThresholds_FollowTheSettings()
    {
        var strict = Compare(Numbers(Normal), Moved, Rules(o => o.Features["x"] = new() { Threshold = 0.2 }));
        Assert.Empty(strict.Findings);
        Assert.Equal((DriftMethod.Hellinger, 0.1), new DriftRules(new DriftOptions { Features = { ["x"] = new() { Method = DriftMethod.Hellinger } } }, 0.01, 1).Of("x", true));
        Assert.Equal(DriftMethod.PopulationStabilityIndex, new DriftRules(new DriftOptions { Features = { ["x"] = new() { Method = DriftMethod.Energy } } }, 0.01, 1).Of("x", true).Method);

        var none = Compare(Numbers(Normal), Moved, Rules(o => o.Correction = MultipleTesting.None));
        Assert.Equal(none.Features[0].PValue, none.Features[0].AdjustedPValue);
        var bonferroni = Compare(Numbers(Normal), Moved, Rules(o => o.Correction = MultipleTesting.Bonferroni));
        Assert.Equal(Math.Min(1, bonferroni.Features[0].PValue * 3), bonferroni.Features[0].AdjustedPValue, 1e-15);
    }

    [Fact]
    public void Compare_EnergyAndWasserstein_UseKolmogorovSmirnovForSignificance()
    {
        var ks = Compare(Numbers(Normal), Moved, Rules(o => o.NumericMethod = DriftMethod.KolmogorovSmirnov)).Features[0];
        var energy = Compare(Numbers(Normal), Moved, Rules(o => o.NumericMethod = DriftMethod.Energy)).Features[0];

        Assert.Equal(0.23409634940777618 / Math.Sqrt(0.9985940987445042), energy.Statistic, 1e-9);
        Assert.Equal(ks.PValue, energy.PValue);
    }

    private static DriftRules Rules(Action<DriftOptions> configure, double significance = 0.01)
    {
        var options = new DriftOptions();
        configure(options);
        return new(options, significance, 100);
    }

    private static DriftReference Numbers(double[] values, bool withValues = true)
    {
        var profile = new ReferenceProfileBuilder().AddNumeric("x", values).Build();
        return new(profile)
        {
            Distributions = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(
                withValues ? [KeyValuePair.Create(profile.Features[0], SampleDistribution.OfSorted([.. values.Order()]))] : System.Array.Empty<KeyValuePair<FeatureProfile, EmpiricalDistribution>>()),
        };
    }

    private static DriftReference Categories(int[] counts)
        => new(new ReferenceProfileBuilder().AddCategorical("x", [.. counts.SelectMany((c, i) => Enumerable.Repeat($"c{i}", c))]).Build());

    private static DriftReport Compare(DriftReference reference, double[] values, DriftRules rules)
    {
        var window = new DriftWindow(reference, rules, 1_000_000);
        if (reference.Profile.Features[0] is CategoricalFeatureProfile)
        {
            for (var category = 0; category < values.Length; category++)
            {
                for (var i = 0; i < values[category]; i++)
                {
                    window.Features[0].Histogram.AddCategory($"c{category}");
                    window.RowCount++;
                }
            }
        }
        else
        {
            window.Features[0].AddRange(values);
            window.RowCount = values.Length;
        }

        return DriftComparison.Compare(new("tips", 3), (reference.Profile.RowCount, window.RowCount), window.Compared([0]), [], rules);
    }
}
