using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>What a report says where sketches cannot tell: that it cannot, never that nothing has changed.</summary>
public sealed class SketchDoubtTests
{
    private static readonly double[] Normal = [.. Enumerable.Range(1, 2_000).Select(i => GoldenSequences.NormalQuantile(GoldenSequences.Golden(i)))];

    [Theory]
    [InlineData(DriftMethod.PopulationStabilityIndex)]
    [InlineData(DriftMethod.JensenShannon)]
    [InlineData(DriftMethod.KolmogorovSmirnov)]
    [InlineData(DriftMethod.Wasserstein)]
    [InlineData(DriftMethod.Energy)]
    public void Compare_ValuesInOneStepOfASketch_IsUndeterminedAndDriftByRanks(DriftMethod method)
    {
        var (before, after) = (Around(1_000), Around(1_001));

        var report = ProfileComparison.Compare(Profile(before), Profile(after), new() { NumericMethod = method });
        var feature = report.Find("x")!;
        Assert.Equal(DriftSeverity.Undetermined, feature.Severity);
        Assert.StartsWith("Expected sketches that can say whether feature 'x' of model 'data' version 1 has drifted, but found ", feature.Problem, StringComparison.Ordinal);
        Assert.EndsWith("of the reference's values in one step of its sketch: keep quantiles by rank (KLL).", feature.Problem, StringComparison.Ordinal);
        Assert.Equal([feature.Problem!], report.Notes);

        var byRank = ProfileComparison.Compare(Profile(before, QuantileSketchKind.Kll), Profile(after, QuantileSketchKind.Kll), new() { NumericMethod = method }).Find("x")!;
        Assert.Equal((DriftSeverity.Major, null), (byRank.Severity, byRank.Problem));
    }

    // Two values of one step: their shares may have changed to any others.
    [Fact]
    public void Compare_TwoValuesInOneStep_IsUndetermined()
    {
        double[] Of(int share) => [.. Enumerable.Range(0, 1_000).Select(i => i % 10 < share ? 1_000.0 : 1_001)];

        Assert.Equal(DriftSeverity.Undetermined, ProfileComparison.Compare(Profile(Of(3)), Profile(Of(9))).Find("x")!.Severity);
    }

    [Fact]
    public void Compare_YearsThatMovedByFive_AreNotSaidToBeStable()
    {
        double[] Of(int first) => [.. Enumerable.Range(0, 2_000).Select(i => (double)(first + (i % 20)))];

        foreach (var method in Enum.GetValues<DriftMethod>())
        {
            Assert.NotEqual(DriftSeverity.None, ProfileComparison.Compare(Profile(Of(1_995)), Profile(Of(2_000)), new() { NumericMethod = method }).Find("x")!.Severity);
        }
    }

    public static TheoryData<string, double[]> Fine => new()
    {
        { "normal", Normal },
        { "normal around 100", [.. Normal.Select(v => 100 + (10 * v))] },
        { "hours", [.. Enumerable.Range(0, 2_000).Select(i => (double)(i % 24))] },
        { "truth", [.. Enumerable.Range(0, 2_000).Select(i => i % 3 == 0 ? 1.0 : 0)] },
        { "one price for most, and one infinity", [.. Enumerable.Range(0, 2_000).Select(i => i == 7 ? double.PositiveInfinity : i % 5 < 4 ? 5.0 : i % 7)] },
    };

    [Theory]
    [MemberData(nameof(Fine))]
    public void Compare_ValuesThatASketchTellsApart_HaveAVerdict(string name, double[] values)
    {
        foreach (var method in new[] { DriftMethod.PopulationStabilityIndex, DriftMethod.KolmogorovSmirnov })
        {
            var feature = ProfileComparison.Compare(Profile(values), Profile(values), new() { NumericMethod = method }).Find("x")!;
            Assert.True((feature.Severity, feature.Problem) == (DriftSeverity.None, null), $"{name}: {feature.Severity}, {feature.Problem}");
        }
    }

    [Fact]
    public void Compare_DistanceThatTheErrorOfSketchesMayExplain_IsUndetermined()
    {
        double[] Of(double shift) => [.. Enumerable.Range(1, 300).Select(i => shift + GoldenSequences.NormalQuantile(GoldenSequences.Golden(i)))];

        var feature = ProfileComparison.Compare(Profile(Of(0), QuantileSketchKind.Kll), Profile(Of(0.38), QuantileSketchKind.Kll), new() { NumericMethod = DriftMethod.KolmogorovSmirnov }).Find("x")!;

        Assert.Equal(DriftSeverity.Undetermined, feature.Severity);
        Assert.InRange(feature.Statistic, 0.1, 0.2);
        Assert.Contains("above 0.1 that their errors may explain", feature.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_FewRowsOrNoNumbers_SaysWhichItIs()
    {
        var few = ProfileComparison.Compare(Profile(Normal), Profile(Normal[..50])).Find("x")!;
        Assert.Equal("Expected at least 100 rows of feature 'x' of model 'data' version 1 to compare, but found 50.", few.Problem);
        var none = ProfileComparison.Compare(Profile(Normal), Profile([.. Enumerable.Repeat(double.NaN, 200)]), new() { NumericMethod = DriftMethod.Wasserstein }).Find("x")!;
        Assert.Equal((DriftSeverity.Undetermined, "Expected finite values of feature 'x' of model 'data' version 1 on both sides to compare, but found none on one of them."), (none.Severity, none.Problem));
    }

    [Theory]
    [InlineData(QuantileSketchKind.DDSketch, DriftSeverity.Undetermined)]
    [InlineData(QuantileSketchKind.Kll, DriftSeverity.Major)]
    public void Compare_PublishedReference_SaysWhatItsSketchesCanTell(QuantileSketchKind kind, DriftSeverity expected)
    {
        var published = ReferenceProfile.Parse(new ReferenceProfileBuilder(quantileSketch: kind).AddNumeric("x", Around(1_000)).Build().ToJson());
        var rules = new DriftRules(new DriftOptions { NumericMethod = DriftMethod.KolmogorovSmirnov }, 0.01, 100);
        var window = new DriftWindow(DriftReference.Of(published, rules, null), rules, 10_000);
        window.Features[0].AddRange(Around(1_001));
        window.RowCount = 2_000;

        var report = DriftComparison.Compare(new("tips", 1), (2_000, 2_000), window.Compared([0]), [], rules);

        Assert.Equal(expected, report.Features[0].Severity);
        Assert.Equal(expected, ProfileComparison.Compare(published, Profile(Around(1_001), kind)).Find("x")!.Severity);

        // Over the bins of the profile itself there is no doubt.
        var bins = new DriftRules(new DriftOptions(), 0.01, 100);
        var counted = new DriftWindow(DriftReference.Of(published, bins, null), bins, 0);
        counted.Features[0].AddRange(Around(1_001));
        Assert.Equal(DriftSeverity.Major, DriftComparison.Compare(new("tips", 1), (2_000, 2_000), counted.Compared([0]), [], bins).Features[0].Severity);
    }

    private static double[] Around(double mean) => [.. Normal.Select(v => mean + v)];

    private static DataProfile Profile(double[] numbers, QuantileSketchKind kind = QuantileSketchKind.DDSketch)
    {
        var builder = new DataProfileBuilder(new() { QuantileSketch = kind });
        builder.Add(new RecordBatch(new Schema([new Field("x", DoubleType.Default, false)], null), [new DoubleArray.Builder().AppendRange(numbers).Build()], numbers.Length));
        return DataProfile.Parse(builder.Build().ToBytes());
    }
}
