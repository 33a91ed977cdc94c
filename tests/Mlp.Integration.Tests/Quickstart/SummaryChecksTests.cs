using Mlp.Runtime.Statistics;
using Quickstart;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>A bad number makes a run a failed one, with a sentence.</summary>
public sealed class SummaryChecksTests
{
    public static TheoryData<string, string> BadSynthetic => new()
    {
        { "leak", "Expected no training row to see its future, but 1 of 1000 differ" },
        { "export", "Expected the exported model within 1E-05 of the trained one, but it differs by 0.001." },
        { "export nan", "Expected the exported model within 1E-05 of the trained one, but it differs by NaN." },
        { "lost", "Expected all 3600 predictions in the log, but found 3599, and 0 were dropped." },
        { "dropped", "Expected all 3600 predictions in the log, but found 3600, and 1 were dropped." },
        { "labels", "Expected 3600 labels, but recorded 3599." },
        { "skew", "Expected the served features to equal the point-in-time rows bit for bit, but 2 of 3600 rows differ." },
        { "live", "Expected the live AUC to equal the offline one, but found 0.9 and 0.8." },
        { "low", "Expected an AUC within 0.02 of the known optimum 0.9000, but found only 0.8700." },
        { "high", "Expected an AUC within 0.02 of the known optimum 0.9000, but 0.9300 is too good to be true" },
        { "nan", "Expected an AUC within 0.02 of the known optimum 0.9000, but found only NaN." },
        { "without", "Expected an AUC of at most 0.60 without the feature views, but found 0.6100" },
        { "drift", "Expected 'trip_miles', whose drift was planted, to have drifted most, but found 'company_big_tip_lift'." },
        { "no drift", "Expected 'trip_miles', whose drift was planted, to have drifted most, but found no feature compared." },
    };

    [Fact]
    public void FindFailures_GoodRuns_FindsNone()
    {
        Assert.Empty(SummaryChecks.FindFailures(Synthetic()));
        Assert.Empty(SummaryChecks.FindFailures(Real(0.93)));
        Assert.Empty(SummaryChecks.FindFailures(Shuffled(0.529)));
        Assert.Empty(SummaryChecks.FindFailures(Shuffled(0.471)));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(3_600, true)]
    [InlineData(100, false)]
    public void FindFailures_LiveAucWithEarlierPredictions_IsHeldToTheOfflineOneWhereTheRowsAreTheSame(int earlier, bool isHeld)
    {
        var summary = Synthetic() with { LiveAuc = 0.891, EarlierPredictions = earlier };

        Assert.Equal(isHeld ? 1 : 0, SummaryChecks.FindFailures(summary).Count);
    }

    [Theory]
    [MemberData(nameof(BadSynthetic))]
    public void FindFailures_BadNumber_GivesItsSentence(string what, string expected)
    {
        var good = Synthetic();
        var bad = what switch
        {
            "leak" => good with { Leaks = 1 },
            "export" => good with { ExportDifference = 1e-3 },
            "export nan" => good with { ExportDifference = double.NaN },
            "lost" => good with { Logged = 3_599 },
            "dropped" => good with { Dropped = 1 },
            "labels" => good with { Labelled = 3_599 },
            "skew" => good with { SkewedRows = 2 },
            "live" => good with { LiveAuc = 0.9, Champion = Metrics(0.8), OptimumAuc = 0.8 },
            "low" => WithAuc(good, 0.87),
            "high" => WithAuc(good, 0.93),
            "nan" => WithAuc(good, double.NaN),
            "without" => good with { WithoutViewsAuc = 0.61 },
            "drift" => good with { Drift = [("company_big_tip_lift", 3.0), ("trip_miles", 2.0)] },
            _ => good with { Drift = [] },
        };

        Assert.Contains(SummaryChecks.FindFailures(bad), sentence => sentence.StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0.531)]
    [InlineData(0.469)]
    [InlineData(double.NaN)]
    public void FindFailures_SomethingFoundInShuffledOutcomes_SuspectsALeak(double auc)
        => Assert.Contains(SummaryChecks.FindFailures(Shuffled(auc)), s => s.StartsWith("Expected an AUC within 0.030 of 0.5 where outcomes are shuffled", StringComparison.Ordinal));

    [Theory]
    [InlineData(0.924, "Expected an AUC of at least 0.925 on these trips")]
    [InlineData(0.951, "Expected an AUC of at most 0.95 on these trips")]
    public void FindFailures_KnownFileOutOfItsBounds_GivesItsSentence(double auc, string expected)
        => Assert.StartsWith(expected, Assert.Single(SummaryChecks.FindFailures(Real(auc))), StringComparison.Ordinal);

    [Theory]
    [InlineData(0.7)]
    [InlineData(0.99)]
    public void FindFailures_UnknownFile_IsHeldToNoBoundsOfAnother(double auc)
        => Assert.Empty(SummaryChecks.FindFailures(Real(auc) with { KnownAuc = null }));

    [Theory]
    [InlineData(0.93, 0.50, "They raise the AUC by 0.4300.")]
    [InlineData(0.932, 0.935, "They do not help here: the AUC is lower by 0.0030 with them.")]
    [InlineData(0.932, 0.931, "They hardly help here: 0.0010 in AUC is no more than another seed changes.")]
    public void ViewsVerdict_AnyGain_SaysWhatTheViewsAreWorth(double with, double without, string expected)
        => Assert.Equal(expected, SummaryPrinter.ViewsVerdict(WithAuc(Synthetic(), with) with { WithoutViewsAuc = without }));

    private static QuickstartSummary Real(double auc) => WithAuc(Synthetic(), auc) with { OptimumAuc = null, PlantedDrift = null, WithoutViewsAuc = 0.93, KnownAuc = (0.925, 0.95) };

    private static QuickstartSummary Shuffled(double auc) => WithAuc(Synthetic(), auc) with { OptimumAuc = null, IsShuffled = true };

    private static QuickstartSummary WithAuc(QuickstartSummary summary, double auc) => summary with { LiveAuc = auc, Champion = Metrics(auc) };

    /// <summary>The metrics of any scores, with this AUC.</summary>
    private static BinaryClassificationMetrics Metrics(double auc)
        => BinaryClassificationMetrics.Compute([0.1, 0.9], [false, true]) with { Auc = auc };

    private static QuickstartSummary Synthetic() => new()
    {
        Source = "synthetic stream",
        WarmUpTrips = 900,
        TrainingRows = 6_300,
        GateRows = 1_200,
        ReplayRows = 3_600,
        IngestedFeatureRows = 16_000,
        IngestedBefore = 0,
        CheckedForLeaks = 1_000,
        Leaks = 0,
        PaymentTypeAuc = 0.5,
        WithoutViewsAuc = 0.59,
        Champion = Metrics(0.89),
        OptimumAuc = 0.9,
        ExportDifference = 1e-7,
        ExportTolerance = 1e-5,
        ModelVersion = 1,
        ChampionVersion = 1,
        GateVerdict = "There is no champion yet.",
        IsPromoted = true,
        PredictionsPerSecond = 5_000,
        LatencyMedian = TimeSpan.FromMicroseconds(100),
        LatencyP99 = TimeSpan.FromMicroseconds(300),
        Logged = 3_600,
        Dropped = 0,
        Labelled = 3_600,
        LiveAuc = 0.89,
        EarlierPredictions = 0,
        SkewedRows = 0,
        Drift = [("trip_miles", 2.0), ("company_big_tip_lift", 0.3)],
        PlantedDrift = "trip_miles",
        ReportPath = "report.html",
        DataDirectory = "ml-data",
        Elapsed = TimeSpan.FromSeconds(20),
        Failures = [],
    };
}
