using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing.Categories;

public sealed class CategoryValuesTests
{
    private static readonly string?[] Values = ["b", "a", "b", "c", "b", "a", null, null];

    [Fact]
    public void Ordinal_ByFrequency_NumbersTheMostFrequentFirst()
    {
        var encoding = Learn(r => r.Ordinal().Standardise = false);

        Assert.Equal(["x.ordinal"], encoding.OutputNames);
        Assert.Equal([0f, 1f, 2f, -1f, -2f], Encode(encoding, "b", "a", "c", "new", null));
    }

    [Fact]
    public void Ordinal_ByValue_IsAscending()
        => Assert.Equal([1f, 0f, 2f, -1f, 9f], Encode(Learn(r => (r.Ordinal(CategoryOrder.Value).Standardise, r.MissingCode) = (false, 9)), "b", "a", "c", "new", null));

    [Fact]
    public void Ordinal_GivenOrder_KeepsItAndTakesOthersForUnknown()
        => Assert.Equal([2f, 0f, 7f, 7f, -9f], Encode(Learn(r => (r.Ordinal(["a", "z", "b"]).Standardise, r.UnknownCode, r.MissingCode) = (false, 7, -9)), "b", "a", "c", "new", null));

    [Fact]
    public void Ordinal_OfIntegers_OrdersByNumber()
    {
        var rows = new Rows().Int64("x", 10, 9, 100, -5);
        var options = new PreprocessingOptions();
        options.For("x").Ordinal(CategoryOrder.Value).Standardise = false;

        Assert.Equal([[2f], [1f], [3f], [0f]], RecipeRows.Encode(RecipeRows.Learn(rows, options), rows));
    }

    [Fact]
    public void Ordinal_ByDefault_HasMeanZeroAndDeviationOneOverTrainingRows()
    {
        var encoded = Encode(Learn(r => r.Ordinal()), Values);

        Assert.Equal(0, encoded.Average(), 1e-6);
        Assert.Equal(1, Math.Sqrt(encoded.Average(x => (double)x * x)), 1e-6);
    }

    [Fact]
    public void Frequency_OfEachMeasure_CountsTrainingRows()
    {
        Assert.Equal([3f / 8, 2f / 8, 1f / 8, 0f, 2f / 8], Encode(Learn(r => r.CountFrequency().Standardise = false), "b", "a", "c", "new", null));
        Assert.Equal([3f, 2f, 1f, 0f, 2f], Encode(Learn(r => r.CountFrequency(FrequencyMeasure.Count).Standardise = false), "b", "a", "c", "new", null));
        Assert.Equal((float)Math.Log(4), Encode(Learn(r => r.CountFrequency(FrequencyMeasure.LogarithmOfCount).Standardise = false), "b")[0]);
    }

    [Fact]
    public void Frequency_RareValues_CountTogetherAndSoDoesAnUnknownOne()
        => Assert.Equal([3f, 3f, 3f, 3f], Encode(Learn(r => (r.CountFrequency(FrequencyMeasure.Count).Standardise, r.MaximumCategories) = (false, 1)), "b", "a", "c", "new"));

    [Fact]
    public void Embed_NumbersMissingThenUnknownThenByFrequency()
    {
        var rows = new Rows().Text("x", Values);
        var options = new PreprocessingOptions();
        options.For("x").Embed(minimumCount: 2);
        var encoding = RecipeRows.Learn(rows, options);
        var served = new Rows().Text("x", "b", "a", "c", "new", null);

        Assert.Equal(0, encoding.Width);
        Assert.Equal([new IdColumn("x", 4)], encoding.Ids);
        Assert.Equal([2L, 3L, 1L, 1L, 0L], EncodingGraphRun.Encode(encoding.Encode(FeatureTable.Of(served.Batch(), served.Features))).Ids);
        Assert.Equal([2L, 3L, 1L, 1L, 0L], EncodingGraphRun.Run(FeatureTable.Of(served.Batch(), served.Features), encoding).Ids);
    }

    [Fact]
    public void OneHot_DropFirst_LeavesTheMostFrequentOut()
    {
        var encoding = Learn(r => r.OneHot(minimumCount: 1).DropFirst = true);

        Assert.Equal(["x=a", "x=c", "x is missing"], encoding.OutputNames);
        Assert.Equal([0f, 0f, 0f, 1f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 1f], Encode(encoding, "b", "a", "new", null));
    }

    [Fact]
    public void OneHot_UnknownIsNothing_KeepsTheSlotOfRareForRareOnes()
    {
        var encoding = Learn(r => r.OneHot(minimumCount: 2).Unknown = UnknownCategory.Nothing);

        Assert.Equal(["x=b", "x=a", "x is another", "x is missing"], encoding.OutputNames);
        Assert.Equal([0f, 0f, 1f, 0f, 0f, 0f, 0f, 0f], Encode(encoding, "c", "new"));
    }

    [Fact]
    public void OneHot_OfTwoRecipes_EachHasItsOwnLimits()
    {
        var rows = new Rows().Text("x", "a", "a", "b").Text("y", "a", "b", "b");
        var options = new PreprocessingOptions { MinimumCategoryCount = 1 };
        options.For("y").OneHot(maximumCategories: 1);

        Assert.Equal(["x=a", "x=b", "y=b", "y is another"], RecipeRows.Learn(rows, options).OutputNames);
    }

    [Theory]
    [InlineData(CategoryKind.OneHot)]
    [InlineData(CategoryKind.Ordinal)]
    [InlineData(CategoryKind.Id)]
    public void Learn_MoreValuesThanAllowed_IsRefusedWhereAsked(CategoryKind kind)
    {
        var failure = Assert.Throws<TrainingDataException>(
            () => Learn(r => (r.Category, r.MaximumCategories, r.MinimumCategoryCount, r.RefuseMoreCategories) = (kind, 2, 1, true)));

        Assert.Equal("Expected at most 2 categories in column 'x', but found 3.", failure.Message);
    }

    [Theory]
    [InlineData(CategoryKind.OneHot)]
    [InlineData(CategoryKind.Ordinal)]
    [InlineData(CategoryKind.Id)]
    public void Learn_AsManyValuesAsAllowed_IsNotRefused(CategoryKind kind)
    {
        var encoding = Learn(r => (r.Category, r.MaximumCategories, r.MinimumCategoryCount, r.RefuseMoreCategories) = (kind, 3, 1, true));

        var rows = new Rows().Text("x", "a", "b", "c");
        var (dense, ids) = EncodingGraphRun.Encode(encoding.Encode(FeatureTable.Of(rows.Batch(), rows.Features)));
        Assert.Equal(3, kind == CategoryKind.Id ? ids.Distinct().Count() : dense.Chunk(encoding.Width).Select(r => string.Join(' ', r)).Distinct().Count());
    }

    [Fact]
    public void Learn_GivenCategoryThatIsNoNumber_IsRefused()
    {
        var options = new PreprocessingOptions();
        options.For("x").Ordinal(["1", "two"]);

        var failure = Assert.Throws<ArgumentException>(() => RecipeRows.Learn(new Rows().Int64("x", 1, 2), options));

        Assert.StartsWith("Expected whole numbers as the given categories of the int64 feature 'x', but found 'two'.", failure.Message, StringComparison.Ordinal);
    }

    private static FeatureEncoding Learn(Action<FeatureRecipe> set)
    {
        var options = new PreprocessingOptions();
        set(options.For("x"));
        return RecipeRows.Learn(new Rows().Text("x", Values), options);
    }

    private static float[] Encode(FeatureEncoding encoding, params string?[] values) => [.. RecipeRows.Encode(encoding, new Rows().Text("x", values)).SelectMany(r => r)];
}
