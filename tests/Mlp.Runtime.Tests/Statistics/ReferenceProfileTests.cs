using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Tests.Statistics.Sketches;

namespace Mlp.Runtime.Tests.Statistics;

public class ReferenceProfileTests
{
    /// <summary>As version 2 was written before there were bins of equal width. Never to be edited.</summary>
    private static readonly string Version2Path = Path.Combine(AppContext.BaseDirectory, "Statistics", "Fixtures", "reference-profile-v2.json");
    private static readonly string EqualWidthPath = Path.Combine(AppContext.BaseDirectory, "Statistics", "Fixtures", "reference-profile-v2-equal-width.json");

    /// <summary>A profile as version 1 of the format wrote it. Never to be edited: files like it are stored with models.</summary>
    private const string Version1 =
        """{"format":"mlp-reference-profile","formatVersion":1,"rowCount":6,"features":[{"name":"x","rowCount":6,"missingCount":1,"numeric":{"mean":0.52,"standardDeviation":0.744043009509531,"minimum":0.1,"maximum":2,"edges":[0.1,0.10000000000000002,0.30000000000000004],"counts":[0,3,0,2]}},{"name":"none","rowCount":6,"missingCount":6,"numeric":{"mean":"NaN","standardDeviation":"NaN","minimum":"NaN","maximum":"NaN","edges":[],"counts":[0]}},{"name":"c","rowCount":6,"missingCount":1,"categorical":{"categories":[{"name":"a","count":3}],"otherCount":2,"rareCategories":"PFKNpPS897o="}}],"score":{"distribution":{"name":"score","rowCount":6,"missingCount":0,"numeric":{"mean":0.5,"standardDeviation":0,"minimum":0.5,"maximum":0.5,"edges":[0.5,0.5000000000000001],"counts":[0,6,0]}},"histogram":[0,0,0,0,0,0,0,0,0,0,6,0,0,0,0,0,0,0,0,0]}}""";

    [Fact]
    public void Parse_Version1_ReadsEveryPart()
    {
        var profile = ReferenceProfile.Parse(Encoding.UTF8.GetBytes(Version1));

        Assert.Equal(6, profile.RowCount);
        var x = Assert.IsType<NumericFeatureProfile>(profile.Find("x"));
        Assert.Equal<double>([0.1, 0.10000000000000002, 0.1 + 0.2], x.Edges);
        Assert.Equal<long>([0, 3, 0, 2, 1], x.BinCounts);
        Assert.Equal(0.744043009509531, x.StandardDeviation);
        Assert.True(double.IsNaN(Assert.IsType<NumericFeatureProfile>(profile.Find("none")).Mean));
        Assert.Equal<long>([3, 2, 0, 1], profile.Find("c")!.BinCounts);
        Assert.Equal(6, profile.Score!.Histogram[10]);

        var window = new FeatureHistogram(profile.Find("c")!);
        window.AddCategory("rare");
        window.AddCategory("new");
        Assert.Equal([0, 1, 1, 0], window.Counts.ToArray());
    }

    [Fact]
    public void ToJson_WithoutSketches_WritesVersion1()
        => Assert.Equal(Version1, Encoding.UTF8.GetString(ReferenceProfile.Parse(Encoding.UTF8.GetBytes(Version1)).ToJson()));

    [Fact]
    public void ToJson_SameRows_WritesVersion2() => Assert.Equal(File.ReadAllText(EqualWidthPath), Encoding.UTF8.GetString(SixRows().ToJson()));

    [Fact]
    public void Parse_Version2_ReadsEveryPart()
    {
        var profile = ReferenceProfile.Parse(File.ReadAllBytes(Version2Path));
        var (x, c, score) = (profile.Find("x")!.Sketches!, profile.Find("c")!.Sketches!, profile.Score!.Distribution.Sketches!);

        Assert.Equal(File.ReadAllBytes(Version2Path), profile.ToJson());
        Assert.Null(((NumericFeatureProfile)profile.Find("x")!).EqualWidth);
        Assert.Equal((6, 1, ProfileColumnType.Float64, 2), (x.RowCount, x.NanCount, x.Type, x.Maximum));
        Assert.InRange(x.GetQuantile(0.5), 0.099, 0.101);
        Assert.Equal([new FrequentItem("a", 3, 3), new FrequentItem("rare", 2, 2)], c.FrequentItems.AsEnumerable());
        Assert.Equal((1, 0.5, 2.0), (c.NullCount, score.Mean, Math.Round(c.DistinctCount, 2)));
        Assert.Equal((6, 6), (profile.Find("none")!.Sketches!.NanCount, profile.Find("none")!.MissingCount));
    }

    [Fact]
    public void Parse_BinsOfEqualWidth_ReadsThem()
    {
        var profile = ReferenceProfile.Parse(File.ReadAllBytes(EqualWidthPath));
        var x = ((NumericFeatureProfile)profile.Find("x")!).EqualWidth!;

        Assert.Equal(SixRows().ToJson(), profile.ToJson());
        Assert.Equal((0.1, Math.BitIncrement(2.0), 0L, 0L, 1L), (x.Edges[0], x.Edges[^1], x.Counts[0], x.Counts[^1], x.BinCounts[^1]));
        Assert.Equal((5, 2.0), (x.Counts.Sum(), x.Maximum));
        Assert.All(new[] { profile.Find("none"), profile.Score!.Distribution }, f => Assert.Null(((NumericFeatureProfile)f!).EqualWidth));
    }

    [Fact]
    public void Parse_SketchesOfOtherRowsOrDamaged_SaysWhat()
    {
        var json = File.ReadAllText(Version2Path);
        var sketches = JsonDocument.Parse(json).RootElement.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("sketches").GetString()!).ToArray();
        string Parse(string old, string replacement) => Assert.Throws<InvalidDataException>(() => ReferenceProfile.Parse(Encoding.UTF8.GetBytes(json.Replace(old, replacement, StringComparison.Ordinal)))).Message;

        Assert.Contains("sketches of feature 'none' to be of its 6 rows, 6 of them missing, but found 6 and 1", Parse(sketches[1], sketches[0]), StringComparison.Ordinal);
        Assert.Contains("more bytes of a sketch", Parse(sketches[0], sketches[0][..40]), StringComparison.Ordinal);
        Assert.Contains("Expected a profile of a column, which begins with 'MCOL'", Parse(sketches[0], "AAAAAAAAAAAA"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normal", 8)]
    [InlineData("heavy tails", 13)]
    public void ToJson_OfManyRows_TakesAFewKilobytesAFeature(string stream, int kilobytes)
    {
        var values = SketchStreams.Create(stream, 200_000);
        var profile = new ReferenceProfileBuilder()
            .AddNumeric("x", values)
            .AddNumeric("i", Array.ConvertAll(values, x => (long)(1000 * x)))
            .AddCategorical("c", Array.ConvertAll(values, x => (string?)$"category {(long)(1000 * x)}"))
            .Build();
        var sketches = JsonDocument.Parse(profile.ToJson()).RootElement.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("sketches").GetString()!.Length);

        Assert.All(sketches, length => Assert.InRange(length, 1, kilobytes * 1024));
    }

    [Property(MaxTest = 50)]
    public bool Parse_WhatToJsonWrote_RoundTripsExactly(int seed)
    {
        var random = new Random(seed);
        var rows = random.Next(0, 300);
        var doubles = Enumerable.Range(0, rows).Select(_ => random.Next(5) == 0 ? double.NaN : Math.Pow(random.NextDouble(), 9) * 1e9).ToArray();
        var names = doubles.Select(value => double.IsNaN(value) ? null : $"é\"{random.Next(150)}").ToArray();
        var scores = doubles.Select(value => (float)value).ToArray();
        var profile = new ReferenceProfileBuilder().AddNumeric("x", doubles).AddCategorical("c", names).SetScore(scores).Build();
        var read = ReferenceProfile.Parse(profile.ToJson());
        var (before, after) = ((NumericFeatureProfile)profile.Features[0], (NumericFeatureProfile)read.Features[0]);

        return read.ToJson().AsSpan().SequenceEqual(profile.ToJson())
            && before.Edges.SequenceEqual(after.Edges)
            && before.Mean.Equals(after.Mean) && before.StandardDeviation.Equals(after.StandardDeviation)
            && ((CategoricalFeatureProfile)profile.Features[1]).Categories.SequenceEqual(((CategoricalFeatureProfile)read.Features[1]).Categories)
            && ((CategoricalFeatureProfile)profile.Features[1]).RareHashes.SequenceEqual(((CategoricalFeatureProfile)read.Features[1]).RareHashes);
    }

    [Theory]
    [InlineData("mlp-reference-profile", "something-else", "\"format\": \"mlp-reference-profile\"")]
    [InlineData("\"rowCount\":6,\"features\"", "\"rowCount\":7,\"features\"", "Expected 7 rows in feature 'x'")]
    [InlineData("\"counts\":[0,3,0,2]", "\"counts\":[0,3,0,3]", "6 rows, but found 7")]
    [InlineData("\"counts\":[0,3,0,2]", "\"counts\":[-1,4,0,2]", "negative count in feature 'x'")]
    [InlineData("\"counts\":[0,3,0,2]", "\"counts\":[3,2]", "4 counts for the 3 edges of feature 'x'")]
    [InlineData("[0.1,0.10000000000000002", "[0.1,0.1", "ascend")]
    [InlineData("\"name\":\"none\"", "\"name\":\"x\"", "'x' twice")]
    [InlineData("\"missingCount\":6", "\"missingCount\":7", "'none'")]
    [InlineData("\"numeric\":{\"mean\":\"NaN\"", "\"other\":{\"mean\":\"NaN\"", "'none' to be either numeric or categorical")]
    [InlineData("[0,0,0,0,0,0,0,0,0,0,6", "[0,0,0,0,0,0,0,0,0,0,5", "histogram")]
    [InlineData("PFKN", "", "bytes per rare category of feature 'c'")]
    [InlineData("\"features\":[", "\"features\":[null,", "found null")]
    [InlineData("\"categories\":[", "\"categories\":[null,", "category in feature 'c'")]
    [InlineData("\"name\":\"a\"", "\"name\":null", "categories[0]")]
    [InlineData("\"edges\":[0.1,", "\"edges\":[\"a\",", "features[0].numeric.edges[0]")]
    [InlineData("\"maximum\":2,", "", "features[0].numeric")]
    [InlineData("]}}", "", "Expected a reference profile in JSON")]
    [InlineData("{\"format", "null{", "Expected a JSON object")]
    public void Parse_DamagedOrNewer_SaysWhat(string old, string replacement, string expected)
    {
        var damaged = Version1.Replace(old, replacement, StringComparison.Ordinal);
        Assert.NotEqual(Version1, damaged);

        var exception = Assert.Throws<InvalidDataException>(() => ReferenceProfile.Parse(Encoding.UTF8.GetBytes(damaged)));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_CutShortAnywhere_IsRefused()
    {
        var bytes = Encoding.UTF8.GetBytes(Version1);
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.Throws<InvalidDataException>(() => ReferenceProfile.Parse(bytes.AsSpan(0, length))));
    }

    private static ReferenceProfile SixRows()
    {
        string?[] categories = ["a", "rare", "a", null, "a", "rare"];
        return new ReferenceProfileBuilder(binCount: 4, maximumCategories: 1)
            .AddNumeric("x", [0.1, 0.1, 0.1 + 0.2, 0.1, double.NaN, 2])
            .AddNumeric("none", new double[6].Select(_ => double.NaN).ToArray())
            .AddCategorical("c", categories)
            .SetScore(Enumerable.Repeat(0.5, 6).ToArray())
            .Build();
    }

    [Fact]
    public void Parse_NewerVersionWithAnotherShape_StillSaysThatItIsNewer()
    {
        var newer = """{"format":"mlp-reference-profile","formatVersion":3,"rowCount":"many","columns":{}}"""u8;
        var bytes = newer.ToArray();

        var exception = Assert.Throws<UnsupportedFormatVersionException>(() => ReferenceProfile.Parse(bytes));

        Assert.Equal((3, ReferenceProfile.FormatVersion), (exception.Found, exception.Supported));
    }
}
