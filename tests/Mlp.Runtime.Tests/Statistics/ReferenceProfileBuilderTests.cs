using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class ReferenceProfileBuilderTests
{
    [Fact]
    public void AddNumeric_GoldenReference_HasTenthsInEveryBin()
    {
        var feature = Numeric(new ReferenceProfileBuilder().AddNumeric("x", GoldenVectors.Reference));

        Assert.Equal(2000, feature.RowCount);
        Assert.Equal<long>(Enumerable.Repeat(200L, 10), feature.Counts);
        Assert.Equal<long>([.. feature.Counts, 0L], feature.BinCounts);
        Assert.Equal(0.00016982714108758202, feature.Mean, 1e-13);
        Assert.Equal(0.9985940987445042, feature.StandardDeviation, 1e-13);
        Assert.Equal(-3.450250227731043, feature.Minimum, 1e-12);
        Assert.Equal(3.318134702490599, feature.Maximum, 1e-12);
        Assert.False(feature.IsConstant);
    }

    [Fact]
    public void AddNumeric_NaNInfinityAndAbsent_AreKeptApart()
    {
        float[] values = [1, 2, float.NaN, float.PositiveInfinity, 3, 4, float.NegativeInfinity];
        bool[] isPresent = [true, true, true, true, true, false, true];

        var feature = Numeric(new ReferenceProfileBuilder(binCount: 2).AddNumeric("x", values, isPresent));

        Assert.Equal(2, feature.MissingCount);
        Assert.Equal((2, 1, 3), (feature.Mean, feature.Minimum, feature.Maximum));
        Assert.Equal<double>([2], feature.Edges);
        Assert.Equal<long>([2, 3, 2], feature.BinCounts);
    }

    [Fact]
    public void AddNumeric_Constant_CountsAllRowsInTheMiddleBin()
    {
        var feature = Numeric(new ReferenceProfileBuilder().AddNumeric("x", [0.1f, 0.1f, float.NaN]));

        Assert.True(feature.IsConstant);
        Assert.Equal<long>([0, 2, 0, 1], feature.BinCounts);
        Assert.Equal(0, feature.StandardDeviation);
    }

    [Fact]
    public void AddNumeric_AllMissing_HasOneEmptyValueBin()
    {
        var feature = Numeric(new ReferenceProfileBuilder().AddNumeric("x", [double.NaN, double.NaN]));

        Assert.Empty(feature.Edges);
        Assert.Equal<long>([0, 2], feature.BinCounts);
        Assert.True(double.IsNaN(feature.Mean) && double.IsNaN(feature.StandardDeviation));
        Assert.False(feature.IsConstant);
    }

    [Fact]
    public void AddNumericAndBoolean_Integers_AreCountedAsNumbers()
    {
        var profile = new ReferenceProfileBuilder()
            .AddNumeric("trips", [7L, 7, 7, 9], [true, true, true, false])
            .AddBoolean("holiday", [true, false, false, false])
            .Build();

        Assert.Equal<long>([0, 3, 0, 1], profile.Features[0].BinCounts);
        Assert.Equal(0.25, Assert.IsType<NumericFeatureProfile>(profile.Features[1]).Mean);
        Assert.Same(profile.Features[1], profile.Find("holiday"));
        Assert.Null(profile.Find("Holiday"));
    }

    [Fact]
    public void AddCategorical_MoreThanListed_OrdersByCountThenName()
    {
        string?[] values = ["b", "a", "c", "c", null, string.Empty, "a", "c", "d"];
        var feature = Categorical(new ReferenceProfileBuilder(maximumCategories: 3).AddCategorical("company", values));

        Assert.Equal<CategoryCount>([new("c", 3), new("a", 2), new(string.Empty, 1)], feature.Categories);
        Assert.Equal((2, 1), (feature.OtherCount, feature.MissingCount));
        Assert.Equal<long>([3, 2, 1, 2, 0, 1], feature.BinCounts);
        Assert.True(feature.KnowsRareCategories);
    }

    [Fact]
    public void AddCategorical_Integers_AreNamedByTheirDigits()
    {
        var feature = Categorical(new ReferenceProfileBuilder().AddCategorical("area", [8L, 8, -1, 3], [true, true, true, false]));

        Assert.Equal<CategoryCount>([new("8", 2), new("-1", 1)], feature.Categories);
        Assert.Equal(1, feature.MissingCount);
    }

    [Fact]
    public void AddCategorical_MoreThanItRemembers_SaysSo()
    {
        string?[] values = [.. Enumerable.Range(0, 5000).Select(i => $"id-{i}")];
        var feature = Categorical(new ReferenceProfileBuilder().AddCategorical("id", values));
        var window = new FeatureHistogram(feature);
        window.AddCategory("never seen");

        Assert.False(feature.KnowsRareCategories);
        Assert.Equal(5000 - 64, feature.OtherCount);
        Assert.Equal(1, window.Counts[64]);
    }

    [Fact]
    public void SetScore_Probabilities_FillsTwentyBins()
    {
        var score = new ReferenceProfileBuilder().SetScore([0.0, 0.05, 0.99, 1.0, double.NaN, 0.95]).Build().Score!;

        Assert.True(score.IsProbability);
        Assert.Equal<long>([1, 1, .. Enumerable.Repeat(0L, 17), 3], score.Histogram);
        Assert.Equal(1, score.Distribution.MissingCount);
        Assert.Equal("score", score.Distribution.Name);
    }

    [Fact]
    public void SetScore_Margins_HasNoHistogram()
    {
        Assert.False(new ReferenceProfileBuilder().SetScore([0.5f, 1.5f]).Build().Score!.IsProbability);
        Assert.False(new ReferenceProfileBuilder().SetScore([float.NaN]).Build().Score!.IsProbability);
    }

    [Fact]
    public void Add_ColumnsThatDoNotFit_AreRefused()
    {
        var builder = new ReferenceProfileBuilder().AddNumeric("x", [1.0, 2.0]);

        Assert.Contains("'x' twice", Message(() => builder.AddNumeric("x", [1.0, 2.0])), StringComparison.Ordinal);
        Assert.Contains("Expected 2 rows", Message(() => builder.AddNumeric("y", [1f])), StringComparison.Ordinal);
        Assert.Contains("Expected 2 rows", Message(() => builder.SetScore([1f])), StringComparison.Ordinal);
        Assert.Contains("for 1", Message(() => builder.AddNumeric("z", [1f, 2f], [true])), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => builder.AddCategorical(string.Empty, ["a", "b"]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReferenceProfileBuilder(binCount: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReferenceProfileBuilder(maximumCategories: 0));
        Assert.Single(builder.Build().Features);

        static string Message(Func<object> add) => Assert.Throws<ArgumentException>(add).Message;
    }

    [Fact]
    public void Build_NoRows_IsAnEmptyProfile()
    {
        var profile = new ReferenceProfileBuilder().AddNumeric("x", ReadOnlySpan<float>.Empty).AddCategorical("c", ReadOnlySpan<string?>.Empty).Build();

        Assert.Equal(0, profile.RowCount);
        Assert.Equal<long>([0, 0], profile.Find("x")!.BinCounts);
        Assert.Equal<long>([0, 0, 0], profile.Find("c")!.BinCounts);
        Assert.Equal(0, new ReferenceProfileBuilder().Build().RowCount);
    }

    [Property(MaxTest = 50)]
    public bool Build_RowsInAnotherOrder_GivesTheSameBytes(int seed)
    {
        var random = new Random(seed);
        var numbers = Enumerable.Range(0, random.Next(1, 2000)).Select(_ => random.Next(10) == 0 ? float.NaN : (float)random.NextDouble()).ToArray();
        var names = numbers.Select(number => float.IsNaN(number) ? null : FormattableString.Invariant($"{(int)(number * number * 100)}")).ToArray();
        byte[] Build() => new ReferenceProfileBuilder().AddNumeric("x", numbers).AddCategorical("c", names).SetScore(numbers).Build().ToJson();

        var before = Build();
        random = new Random(~seed);
        random.Shuffle(numbers);
        random.Shuffle(names);
        return before.AsSpan().SequenceEqual(Build());
    }

    private static NumericFeatureProfile Numeric(ReferenceProfileBuilder builder) => Assert.IsType<NumericFeatureProfile>(builder.Build().Features[0]);

    private static CategoricalFeatureProfile Categorical(ReferenceProfileBuilder builder) => Assert.IsType<CategoricalFeatureProfile>(builder.Build().Features[0]);
}
