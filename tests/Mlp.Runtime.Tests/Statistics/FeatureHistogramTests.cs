using FsCheck.Xunit;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

public class FeatureHistogramTests
{
    private static readonly FeatureProfile Numbers = new ReferenceProfileBuilder().AddNumeric("x", GoldenVectors.Reference).Build().Features[0];

    private static readonly FeatureProfile Companies = new ReferenceProfileBuilder(maximumCategories: 2)
        .AddCategorical("company", ["Flash", "Flash", "Blue", "Blue", "Rare", null]).Build().Features[0];

    [Fact]
    public void AddRange_TheReferenceItself_GivesItsCounts()
    {
        var window = new FeatureHistogram(Numbers);
        window.AddRange(GoldenVectors.Reference);

        Assert.Equal(Numbers.BinCounts.ToArray(), window.Counts.ToArray());
        Assert.Equal(2000, window.RowCount);
    }

    [Fact]
    public void AddRange_GoldenCurrent_GivesGoldenShares()
    {
        var window = new FeatureHistogram(Numbers);
        window.AddRange(GoldenVectors.Current);

        // q of golden/monitoring_golden.txt times 1,500.
        Assert.Equal([141, 117, 112, 115, 120, 122, 136, 150, 177, 310, 0], window.Counts.ToArray());
    }

    [Property(MaxTest = 50)]
    public bool AddRange_AnyColumn_EqualsAddRowByRow(int seed)
    {
        var random = new Random(seed);
        var doubles = Enumerable.Range(0, random.Next(0, 3000)).Select(_ => random.Next(9) == 0 ? double.NaN : (random.NextDouble() * 6) - 3).ToArray();
        var floats = doubles.Select(value => (float)value).ToArray();
        var longs = doubles.Select(value => double.IsNaN(value) ? 0 : (long)value).ToArray();
        var isPresent = random.Next(2) == 0 ? [] : doubles.Select(_ => random.Next(4) != 0).ToArray();

        var byDoubles = (Range: new FeatureHistogram(Numbers), Rows: new FeatureHistogram(Numbers));
        var byFloats = (Range: new FeatureHistogram(Numbers), Rows: new FeatureHistogram(Numbers));
        var byLongs = (Range: new FeatureHistogram(Numbers), Rows: new FeatureHistogram(Numbers));
        byDoubles.Range.AddRange(doubles, isPresent);
        byFloats.Range.AddRange(floats, isPresent);
        byLongs.Range.AddRange(longs, isPresent);
        for (var i = 0; i < doubles.Length; i++)
        {
            if (isPresent.Length == 0 || isPresent[i])
            {
                byDoubles.Rows.Add(doubles[i]);
                byFloats.Rows.Add(floats[i]);
                byLongs.Rows.Add((double)longs[i]);
            }
            else
            {
                byDoubles.Rows.AddMissing();
                byFloats.Rows.AddMissing();
                byLongs.Rows.AddMissing();
            }
        }

        return new[] { byDoubles, byFloats, byLongs }.All(pair => pair.Range.Counts.SequenceEqual(pair.Rows.Counts) && pair.Rows.RowCount == doubles.Length);
    }

    [Fact]
    public void AddCategory_ListedRareUnseenAndMissing_HaveBinsOfTheirOwn()
    {
        var window = new FeatureHistogram(Companies);
        window.AddCategory("Blue");
        window.AddCategory("Flash".AsSpan());
        window.AddCategoryUtf8("Flash"u8);
        window.AddCategory("Rare");
        window.AddCategoryUtf8("Rare"u8);
        window.AddCategory("New");
        window.AddCategory("flash");
        window.AddCategory(new string('é', 500));
        window.AddCategoryUtf8(System.Text.Encoding.UTF8.GetBytes(new string('é', 500)));
        window.AddCategory(8);
        window.AddCategory((string?)null);
        window.AddMissing(2);

        // By count, then ordinal name: Blue, Flash; then other, unseen, missing.
        Assert.Equal([1, 2, 2, 5, 3], window.Counts.ToArray());
    }

    [Fact]
    public void AddCategory_Integers_MatchTheProfileOfIntegers()
    {
        var profile = new ReferenceProfileBuilder().AddCategorical("area", [8L, 8, long.MinValue]).Build().Features[0];
        var window = new FeatureHistogram(profile);
        window.AddCategory(8);
        window.AddCategory(long.MinValue);
        window.AddCategory(7);

        Assert.Equal([1, 1, 0, 1, 0], window.Counts.ToArray());
    }

    [Fact]
    public void Merge_Parts_EqualsTheWhole()
    {
        var whole = new FeatureHistogram(Numbers);
        var one = new FeatureHistogram(Numbers);
        var stored = new ReferenceProfileBuilder().AddNumeric("x", GoldenVectors.Reference).Build().ToJson();
        var other = new FeatureHistogram(ReferenceProfile.Parse(stored).Features[0]);
        whole.AddRange(GoldenVectors.Current);
        one.AddRange(GoldenVectors.Current.AsSpan(0, 700));
        other.AddRange(GoldenVectors.Current.AsSpan(700));
        one.Merge(other);

        Assert.Equal(whole.Counts.ToArray(), one.Counts.ToArray());
        one.Clear();
        Assert.Equal(0, one.RowCount);
    }

    [Fact]
    public void Merge_OtherBins_IsRefused()
    {
        var window = new FeatureHistogram(Numbers);
        var shifted = new ReferenceProfileBuilder().AddNumeric("y", GoldenVectors.Current).Build().Features[0];

        Assert.Contains("'y'", Assert.Throws<ArgumentException>(() => window.Merge(new(shifted))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => window.Merge(new(Companies)));
    }

    [Fact]
    public void Add_WrongKind_IsRefused()
    {
        Assert.Throws<InvalidOperationException>(() => new FeatureHistogram(Companies).Add(1.0));
        Assert.Throws<InvalidOperationException>(() => new FeatureHistogram(Companies).AddRange([1f]));
        Assert.Throws<InvalidOperationException>(() => new FeatureHistogram(Numbers).AddCategory("a"));
        Assert.Throws<ArgumentException>(() => new FeatureHistogram(Numbers).AddRange([1f, 2f], [true]));
    }

    [Fact]
    public void Add_AnyWay_AllocatesNothing()
    {
        var numbers = new FeatureHistogram(Numbers);
        var companies = new FeatureHistogram(Companies);
        float[] column = [.. GoldenVectors.Current.Select(value => (float)value)];
        bool[] isPresent = [.. column.Select(value => value < 1)];
        long[] integers = [.. column.Select(value => (long)value)];

        Assert.Equal(0, Allocations.OfBestRun(Run));

        void Run()
        {
            numbers.Add(0.5);
            numbers.Add(0.5f);
            numbers.AddRange(column, isPresent);
            numbers.AddRange(integers, isPresent);
            companies.AddCategory("Flash");
            companies.AddCategory(12);
            companies.AddCategoryUtf8("Rare"u8);
            companies.AddCategoryUtf8("New"u8);
        }
    }
}
