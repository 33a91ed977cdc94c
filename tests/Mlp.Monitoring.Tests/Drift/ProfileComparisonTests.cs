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

    [Fact]
    public void Compare_BadReference_IsRefusedWithASentence()
    {
        var one = Profile(Reference, [2_000]);

        var empty = Assert.Throws<ArgumentException>(() => ProfileComparison.Compare(Profile([], []), one));
        Assert.Contains("Expected a reference with rows", empty.Message, StringComparison.Ordinal);
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
