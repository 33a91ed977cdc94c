using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Texts;

namespace Mlp.Training.Tests.Preprocessing.Texts;

public sealed class TextEncodingTests
{
    private static readonly string?[] Texts = ["The cat sat", "the dog", null, "cat, cat; CAT!"];

    [Fact]
    public void Cut_Words_AreRunsOfTwoLettersAndMore()
        => Assert.Equal(["über", "x_1", "日本語", "ét", "12"], new TextRule().Cut("über a x_1 日本語, e\u0301t! 12.5"));

    [Fact]
    public void Cut_CaseOfAsciiOnly_IsLowered()
    {
        Assert.Equal(["abc", "Äb"], new TextRule().Cut("ABC ÄB"));
        Assert.Equal(["ABC", "ÄB"], new TextRule(KeepsCase: true).Cut("ABC ÄB"));
    }

    [Fact]
    public void Cut_SeveralTokens_AreRunsOfThem()
    {
        Assert.Equal(["aa", "bb", "cc", "aa bb", "bb cc"], new TextRule(Shortest: 1, Longest: 2).Cut("aa bb cc"));
        Assert.Equal(["ab ", "b c"], new TextRule(TextTerms.Letters, 3, 3).Cut("ab c"));
    }

    [Fact]
    public void Encode_Counts_OfTheTermsOfMostRows()
    {
        var encoding = Learn(r => (r.BagOfTerms(maximumTerms: 2).MinimumTermRows, _) = (1, 0));

        Assert.Equal(["x has cat", "x has the", "x is missing"], encoding.OutputNames);
        Assert.Equal([[1f, 1f, 0f], [0f, 1f, 0f], [0f, 0f, 1f], [3f, 0f, 0f]], Encode(encoding));
    }

    [Fact]
    public void Encode_Presence_IsOneHoweverOften()
        => Assert.Equal(1f, Encode(Learn(r => (r.BagOfTerms(weight: TermWeight.Presence).MinimumTermRows, _) = (2, 0)))[3][0]);

    [Fact]
    public void Encode_TfIdf_WeighsAndDividesByTheLength()
    {
        // Of three texts, "cat" and "the" are in two: both weigh the same, so a text with one of each is (1, 1) / √2.
        var encoded = Encode(Learn(r => (r.BagOfTerms(weight: TermWeight.TfIdf).MinimumTermRows, _) = (2, 0)));

        Assert.Equal([(float)Math.Sqrt(0.5), (float)Math.Sqrt(0.5), 0f], encoded[0]);
        Assert.Equal([1f, 0f, 0f], encoded[3]);
    }

    [Fact]
    public void Encode_Buckets_TakeEveryTermAlsoOnesThatTrainingNeverShowed()
    {
        var encoding = Learn(r => r.HashTerms(50).LongestTerm = 2);
        var served = new Rows().Text("x", [.. Enumerable.Range(0, 100).Select(i => $"never seen{i} before{i}"), "cat unseen", "unseen cat", "", null]);

        var encoded = RecipeRows.Encode(encoding, served);

        Assert.Equal(51, encoding.Width);
        Assert.All(encoded[..100], row => Assert.Equal(5, row.Sum()));
        Assert.True(Enumerable.Range(0, 50).All(bucket => encoded.Any(row => row[bucket] > 0)));

        // The same words, but another pair of them.
        Assert.NotEqual(encoded[100], encoded[101]);
        Assert.Equal([0, 1], encoded[102..].Select(row => row.Sum()));
        RecipeGraphTests.AssertSame(FeatureTable.Of(served.Batch(), served.Features), encoding);
    }

    [Fact]
    public void Learn_NoTermOften_IsRefused()
    {
        var failure = Assert.Throws<TrainingDataException>(() => Learn(r => r.BagOfTerms().MinimumTermRows = 9));

        Assert.Equal("Expected terms that occur in at least 9 training rows of column 'x', but found none.", failure.Message);
    }

    private static FeatureEncoding Learn(Action<FeatureRecipe> set)
    {
        var options = new PreprocessingOptions();
        set(options.For("x"));
        return RecipeRows.Learn(new Rows().Text("x", Texts), options);
    }

    private static float[][] Encode(FeatureEncoding encoding) => RecipeRows.Encode(encoding, new Rows().Text("x", Texts));
}
