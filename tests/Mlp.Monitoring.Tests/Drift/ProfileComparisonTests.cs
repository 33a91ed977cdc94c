using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Tests.Drift;

public sealed class ProfileComparisonTests
{
    private static readonly string?[] Names = ["a", "b", "c", "d"];

    private static readonly double[] Reference = [.. Enumerable.Range(1, 2_000).Select(i => GoldenSequences.NormalQuantile(GoldenSequences.Golden(i)))];
    private static readonly double[] Current = [.. Enumerable.Range(1, 1_500).Select(i => 0.3 + (1.2 * GoldenSequences.NormalQuantile(GoldenSequences.VanDerCorput(i, 2))))];

    [Theory]
    [InlineData(DriftMethod.PopulationStabilityIndex, 0.10908462665080665, 0.006)]
    [InlineData(DriftMethod.KolmogorovSmirnov, 0.1275, 0.004)]
    [InlineData(DriftMethod.Wasserstein, 0.30698113202869487, 0.005)]
    public void Compare_StoredSketches_GiveTheGoldenFiguresWithinTheirError(DriftMethod method, double expected, double tolerance)
    {
        var report = ProfileComparison.Compare(Store(Profile(Reference, [500, 300, 150, 50])), Store(Profile(Current, [420, 330, 180, 70])), new() { NumericMethod = method });

        Assert.Equal((2_000, 1_500), (report.ReferenceRowCount, report.RowCount));
        var number = report.Find("x")!;
        Assert.Equal(expected, number.Statistic, tolerance);
        Assert.Equal((DriftSeverity.Moderate, false), (number.Severity == DriftSeverity.Major ? DriftSeverity.Moderate : number.Severity, number.IsOverBins));
        var category = report.Find("k")!;
        Assert.Equal(DriftSeverity.None, category.Severity);
        Assert.Equal(0, category.UnseenShare);
    }

    [Fact]
    public void Compare_CategoriesAndMissing_AreExact()
    {
        var report = ProfileComparison.Compare(
            Profile(Reference[..1_000], [500, 300, 150, 50]), Profile([.. Reference[..900], .. Enumerable.Repeat(double.NaN, 100)], [420, 330, 180, 50, 20]));

        Assert.Equal(0.1, report.Find("x")!.MissingShare, 1e-12);
        Assert.Equal(0.02, report.Find("k")!.UnseenShare, 1e-12);
        Assert.Contains(report.Findings, f => f.Test == "missing-share");
        Assert.Contains(report.Findings, f => f.Test == "new-categories");
    }

    [Fact]
    public void Compare_PublishedReference_TakesItsBins()
    {
        var reference = new ReferenceProfileBuilder().AddNumeric("x", Reference).AddCategorical("other", [.. Enumerable.Repeat("a", 2_000)]).Build();

        var report = ProfileComparison.Compare(reference, Profile(Current, [1_500]));

        Assert.Equal(0.10908462665080665, report.Find("x")!.PopulationStabilityIndex, 0.006);
        Assert.Equal(["k", "other"], report.NotCompared.Order());
    }

    // Whole numbers lie on the edges of the published bins and a hair beside them in a sketch.
    [Fact]
    public void Compare_PublishedReferenceOfWholeNumbers_FindsNoDriftInTheSameRows()
    {
        double[] hours = [.. Enumerable.Range(0, 2_000).Select(i => (double)(i % 24))];

        var report = ProfileComparison.Compare(new ReferenceProfileBuilder().AddNumeric("x", hours).Build(), Profile(hours, [2_000]));

        Assert.Equal(0, report.Find("x")!.PopulationStabilityIndex, 1e-9);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void Compare_ConstantReference_SeesWhateverLeavesIt()
    {
        double[] constant = [.. Enumerable.Repeat(0.003467, 500)];

        Assert.Empty(ProfileComparison.Compare(Profile(constant, [500]), Profile(constant, [500])).Findings);
        var report = ProfileComparison.Compare(Profile(constant, [500]), Profile([.. constant[..250], .. Enumerable.Repeat(0.5, 250)], [500]));
        Assert.Equal(("left-constant", 0.5), (report.Findings[0].Test, report.Findings[0].Statistic));
        Assert.Equal(0.002, ProfileComparison.Compare(Profile(constant, [500]), Profile([.. constant[..499], 0.00347], [500])).Findings[0].Statistic);
        Assert.All(report.Features, f => Assert.True(double.IsFinite(f.PopulationStabilityIndex)));
    }

    [Theory]
    [InlineData(0.00346)]
    [InlineData(0.00347)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Compare_ConstantReferenceAndOneRowThatLeftIt_IsOneRow(double leaver)
    {
        double[] constant = [.. Enumerable.Repeat(0.003467, 500)];

        var feature = ProfileComparison.Compare(Profile(constant, [500]), Profile([.. constant[..499], leaver], [500])).Find("x")!;

        Assert.Equal((0.002, DriftSeverity.Moderate), (feature.Statistic, feature.Severity));
    }

    [Fact]
    public void Compare_ConstantReferenceAndOneRowOnEachSide_IsTwoRows()
    {
        double[] constant = [.. Enumerable.Repeat(0.003467, 500)];

        Assert.Equal(0.004, ProfileComparison.Compare(Profile(constant, [500]), Profile([.. constant[..498], 0.00346, 0.00347], [500])).Find("x")!.Statistic);
    }

    [Theory]
    [InlineData(DriftMethod.PopulationStabilityIndex, 1)]
    [InlineData(DriftMethod.Wasserstein, 1)]
    [InlineData(DriftMethod.KolmogorovSmirnov, -1)]
    [InlineData(DriftMethod.Energy, -1)]
    public void Compare_Infinities_AreOutOfRange(DriftMethod method, int sign)
    {
        DriftOptions options = new() { NumericMethod = method };
        double[] third = [.. Reference.Select((v, i) => i % 4 == 0 ? sign * double.PositiveInfinity : v)];
        double[] all = [.. third.Select(_ => sign * double.PositiveInfinity)];

        var some = ProfileComparison.Compare(Profile(Reference, [2_000]), Profile(third, [2_000]), options);
        Assert.Equal(0.25, Assert.Single(some.Findings, f => f.Test == "out-of-range").Statistic, 1e-12);
        Assert.Equal(0.25, some.Find("x")!.OutOfRangeShare, 1e-12);
        var whole = ProfileComparison.Compare(Profile(Reference, [2_000]), Profile(all, [2_000]), options);
        Assert.Equal(1, Assert.Single(whole.Findings, f => f.Test == "out-of-range").Statistic);

        // What the reference had before is none.
        Assert.Empty(ProfileComparison.Compare(Profile(third, [2_000]), Profile(third, [2_000]), options).Findings);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Compare_Infinities_CountInTheOuterBins(int sign)
    {
        double PsiOf(double odd) => ProfileComparison.Compare(Profile(Reference, [2_000]), Profile([.. Reference.Select((v, i) => i % 4 == 0 ? odd : v)], [2_000])).Find("x")!.PopulationStabilityIndex;

        Assert.True(PsiOf(sign * 1e9) > 0.1);
        Assert.Equal(PsiOf(sign * 1e9), PsiOf(sign * double.PositiveInfinity), 1e-12);
    }

    [Fact]
    public void Compare_BadReference_IsRefusedWithASentence()
    {
        var one = Profile(Reference, [2_000]);

        var empty = Assert.Throws<ArgumentException>(() => ProfileComparison.Compare(Profile([], []), one));
        Assert.Contains("Expected a reference with rows", empty.Message, StringComparison.Ordinal);
        Assert.Contains("found none in the window", ProfileComparison.Compare(one, Profile([], [])).Problem, StringComparison.Ordinal);
        var other = new ReferenceProfileBuilder().AddNumeric("other", Reference).Build();
        var columns = Assert.Throws<ArgumentException>(() => ProfileComparison.Compare(other, one));
        Assert.Contains("('x', 'k'), but found it to have 'other'", columns.Message, StringComparison.Ordinal);
    }

    private static DataProfile Store(DataProfile profile) => DataProfile.Parse(profile.ToBytes());

    private static DataProfile Profile(double[] numbers, int[] counts)
    {
        string?[] names = [.. counts.SelectMany((count, i) => Enumerable.Repeat(i < Names.Length ? Names[i] : "new", count))];
        var texts = new StringArray.Builder();
        for (var i = 0; i < numbers.Length; i++)
        {
            texts.Append(names[i % names.Length]);
        }

        var schema = new Schema([new Field("x", DoubleType.Default, false), new Field("k", StringType.Default, true)], null);
        var builder = new DataProfileBuilder();
        builder.Add(new RecordBatch(schema, [new DoubleArray.Builder().AppendRange(numbers).Build(), texts.Build()], numbers.Length));
        return builder.Build();
    }
}
