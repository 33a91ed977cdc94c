using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>Recipes of categories, dates and texts that cannot be meant: each a sentence.</summary>
public sealed class CategoryRecipeTests
{
    public static TheoryData<Action<FeatureRecipe>, string> Contradictions => new()
    {
        { r => (r.Category, r.DropFirst) = (CategoryKind.Hash, true), "PreprocessingOptions.Features.t.DropFirst must be left out except where Category is OneHot, but is set." },
        { r => r.UnknownCode = 3, "PreprocessingOptions.Features.t.UnknownCode must be left out except where Category is Ordinal, but is set." },
        { r => (r.Category, r.MaximumCategories) = (CategoryKind.Hash, 5), "PreprocessingOptions.Features.t.MaximumCategories must be left out where Category is Hash, but is set." },
        { r => r.Ordinal(CategoryOrder.Given), "PreprocessingOptions.Features.t.GivenCategories must be at least one value, each once, where Order is Given, but are not." },
        { r => r.Ordinal(["a", "a"]), "PreprocessingOptions.Features.t.GivenCategories must be at least one value, each once, where Order is Given, but are not." },
        { r => r.Ordinal().UnknownCode = float.NaN, "PreprocessingOptions.Features.t.UnknownCode must be a finite number, but is NaN." },
        { r => r.Ordinal().MissingCode = float.NaN, "PreprocessingOptions.Features.t.MissingCode must be a finite number, but is NaN." },
        { r => r.TargetEncode().SmoothingWeight = 5, "PreprocessingOptions.Features.t.SmoothingWeight must be left out except where Smoothing is MEstimate, but is set." },
        { r => r.TargetEncode(TargetSmoothing.MEstimate).SmoothingMidpoint = 5, "PreprocessingOptions.Features.t.SmoothingMidpoint must be left out except where Smoothing is Sigmoid, but is set." },
        { r => r.TargetEncode(TargetSmoothing.MEstimate).SmoothingSlope = 5, "PreprocessingOptions.Features.t.SmoothingSlope must be left out except where Smoothing is Sigmoid, but is set." },
        { r => r.Ordinal(["a", "b"]).MaximumCategories = 1, "PreprocessingOptions.Features.t.MaximumCategories must be left out where Order is Given, but is set." },
        { r => r.Ordinal(["a", "b"]).MinimumCategoryCount = 2, "PreprocessingOptions.Features.t.MinimumCategoryCount must be left out where Order is Given, but is set." },
        { r => r.Ordinal(["a", "b"]).RefuseMoreCategories = true, "PreprocessingOptions.Features.t.RefuseMoreCategories must be left out where Order is Given, but is set." },
        { r => r.OneHot().Standardise = true, "PreprocessingOptions.Features.t.Standardise must be left out except where Category is Ordinal, Frequency or Target, or of dates, but is set." },
        { r => r.TargetEncode().TargetFolds = 1, "PreprocessingOptions.Features.t.TargetFolds" },
        { r => r.Hash(1), "PreprocessingOptions.Features.t.HashBuckets" },
        { r => r.TakeDateParts(DateParts.None), "PreprocessingOptions.Features.t.DateParts must name at least one part of a date, here or in CyclicDateParts, but names none." },
        { r => r.TakeDateParts(DateParts.Hour, DateParts.Year), "PreprocessingOptions.Features.t.CyclicDateParts must be parts that come round again: Month, Day, Weekday, DayOfYear, Hour, Minute; but is Year." },
        { r => r.TakeDateParts(DateParts.Hour).UtcOffset = TimeSpan.FromHours(20), "PreprocessingOptions.Features.t.UtcOffset must be whole seconds between -18:00:00 and 18:00:00, but is 20:00:00." },
        { r => (r.ShortestTerm, r.LongestTerm) = (3, 2), "PreprocessingOptions.Features.t.LongestTerm must be at least ShortestTerm, but is 2 and ShortestTerm is 3." },
        { r => r.HashTerms(8).MaximumTerms = 5, "PreprocessingOptions.Features.t.MaximumTerms must be left out with TermBuckets, but is set." },
        { r => r.OneHot().BagOfTerms(), "PreprocessingOptions.Features.t must treat its feature as one of a category, a text of terms, but has settings of both." },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Learn_SettingsThatContradict_AreRefused(Action<FeatureRecipe> set, string sentence)
    {
        var options = new PreprocessingOptions();
        set(options.For("t"));

        var failure = Assert.Throws<ArgumentException>(() => RecipeRows.Learn(new Rows().Text("t", "a", "b"), options));

        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TargetEncode_OfARecipeThatIsOneHot_IsASentence()
    {
        var recipe = new PreprocessingOptions().For("country").OneHot();

        var error = Assert.Throws<InvalidOperationException>(() => recipe.TargetEncode());

        Assert.Equal("Expected a recipe to make one thing of a category, but it makes OneHot of it already, and Target was asked for.", error.Message);
        Assert.Equal((CategoryKind.OneHot, null), (recipe.Category, recipe.Smoothing));
        Assert.Equal(7, recipe.OneHot(7).MaximumCategories);
    }

    public static TheoryData<string, Action<FeatureRecipe>, string> Misfits => new()
    {
        { "number", r => r.OneHot(), "Expected a recipe for a quantity, but that of the feature 'number' of type Float64 has settings of categories." },
        { "number", r => r.TakeDateParts(DateParts.Hour), "Expected the recipe with settings of dates for a timestamp of type Int64, but the feature 'number' is of type Float64." },
        { "text", r => r.TakeDateParts(DateParts.Hour), "Expected the recipe with settings of dates for a timestamp of type Int64, but the feature 'text' is of type String." },
        { "code", r => r.TakeDateParts(DateParts.Hour), "Expected the recipe with settings of dates for a timestamp of type Int64, but the feature 'code' is categorical." },
        { "code", r => r.BagOfTerms(), "Expected the recipe with settings of terms for a text of type String, but the feature 'code' is categorical." },
        { "number", r => r.BagOfTerms(), "Expected the recipe with settings of terms for a text of type String, but the feature 'number' is of type Float64." },
        { "other", r => r.Embed(), "Expected the feature 'other' of a recipe among the features, but found 'number', 'text', 'code'." },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Learn_RecipeThatDoesNotFitItsFeature_IsRefused(string feature, Action<FeatureRecipe> set, string sentence)
    {
        var options = new PreprocessingOptions { CategoricalFeatures = { "code" } };
        set(options.For(feature));

        var failure = Assert.Throws<ArgumentException>(() => RecipeRows.Learn(new Rows().Float64("number", 1, 2).Text("text", "a", "b").Int64("code", 1, 2), options));

        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<FeatureRecipe>> EveryKind => new()
    {
        { "text", r => r.OneHot() },
        { "text", r => r.Ordinal() },
        { "text", r => r.CountFrequency() },
        { "text", r => r.TargetEncode() },
        { "text", r => r.Hash(8) },
        { "code", r => r.Hash(8) },
        { "code", r => r.Embed() },
        { "code", r => r.TakeDateParts(DateParts.Hour) },
        { "text", r => r.BagOfTerms() },
        { "text", r => r.HashTerms(8) },
    };

    [Theory]
    [MemberData(nameof(EveryKind))]
    public void Learn_FeatureThatIsMissingInAllRows_IsRefused(string feature, Action<FeatureRecipe> set)
    {
        var options = new PreprocessingOptions();
        set(options.For(feature));
        var rows = feature == "text" ? new Rows().Text("text", null, null) : new Rows().Int64("code", null, null);

        var failure = Assert.Throws<TrainingDataException>(() => RecipeRows.Learn(rows, options, [0, 1]));

        Assert.Equal($"Expected a value of feature '{feature}' in at least one training row, but it is missing in all 2: leave the feature out.", failure.Message);
    }
}
