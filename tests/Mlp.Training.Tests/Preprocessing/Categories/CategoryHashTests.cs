using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Tests.Preprocessing.Categories;

public sealed class CategoryHashTests
{
    [Fact]
    public void BucketOf_Integers_IsTheFormulaInNumbersOfAnySize()
    {
        var hash = new CategoryHash(0, 1000, IsText: false, IsSigned: false, HasMissing: false, Seed: 3);
        var b = hash.BucketCoefficients.Select(c => new System.Numerics.BigInteger(c)).ToArray();
        foreach (var value in new[] { 0, 1, -1, int.MaxValue, 1L << 31, long.MinValue, long.MaxValue, -(1L << 31), 123_456_789_012_345_678 })
        {
            var half = System.Numerics.BigInteger.Pow(2, 31);
            var low = ((value % half) + half) % half;
            var high = (value - low) / half;
            var expected = ((b[0] + (b[1] * low) + (b[2] * (((high % LetterHash.Prime) + LetterHash.Prime) % LetterHash.Prime))) % LetterHash.Prime) % 1000;

            Assert.Equal((int)expected, hash.BucketOf(value));
        }
    }

    [Fact]
    public void BucketOf_ManyValues_FillsBucketsEvenly()
    {
        var hash = new CategoryHash(0, 64, IsText: false, IsSigned: true, HasMissing: false, Seed: 1);
        var texts = new CategoryHash(0, 64, IsText: true, IsSigned: true, HasMissing: false, Seed: 1);
        var letters = new LetterNumbers([.. Enumerable.Range('0', 10).Select(c => ((char)c).ToString())]);

        // 6,400 values: 100 a bucket, give or take five deviations.
        Assert.All(Enumerable.Range(0, 6400).CountBy(i => hash.BucketOf(i)), c => Assert.InRange(c.Value, 50, 150));
        Assert.All(Enumerable.Range(0, 6400).CountBy(i => hash.BucketOf(i * 1_000_003L)), c => Assert.InRange(c.Value, 50, 150));
        Assert.All(Enumerable.Range(0, 6400).CountBy(i => texts.BucketOf($"{i}", letters)), c => Assert.InRange(c.Value, 50, 150));
        Assert.InRange(Enumerable.Range(0, 6400).Count(i => hash.IsNegative(i)), 3000, 3400);
        Assert.InRange(Enumerable.Range(0, 6400).Count(i => texts.IsNegative($"{i}", letters)), 3000, 3400);
    }

    [Fact]
    public void Encode_ValuesThatTrainingNeverShowed_FallIntoBucketsToo()
    {
        var options = new PreprocessingOptions();
        options.For("t").Hash(50);
        options.For("i").Hash(50);
        var encoding = RecipeRows.Learn(new Rows().Text("t", "a", "b").Int64("i", 1, 2), options);
        var served = new Rows().Text("t", [.. Enumerable.Range(0, 300).Select(i => $"new {i}")]).Int64("i", [.. Enumerable.Range(0, 300).Select(i => (long?)(1000 + i))]);

        var encoded = RecipeRows.Encode(encoding, served);

        Assert.All(encoded, row => Assert.Equal(2, row.Sum()));
        Assert.True(Enumerable.Range(0, 100).Count(slot => encoded.Any(row => row[slot] == 1)) > 90);
        RecipeGraphTests.AssertSame(FeatureTable.Of(served.Batch(), served.Features), encoding);
    }

    [Fact]
    public void Encode_LongTextsAndUnknownLetters_CountTheirFirstLetters()
    {
        var options = new PreprocessingOptions();
        options.For("t").Hash(1000, isSigned: true);
        var encoding = RecipeRows.Learn(new Rows().Text("t", "a", null), options);
        var longText = new string('a', LetterHash.MaximumLetters);
        var served = new Rows().Text("t", longText, longText + "b", "я", "ю", "яя", null);

        var encoded = RecipeRows.Encode(encoding, served);

        Assert.Equal(encoded[0], encoded[1]);
        Assert.Equal(encoded[2], encoded[3]);
        Assert.NotEqual(encoded[2], encoded[4]);
        Assert.Equal(1, encoded[5][1000]);
        RecipeGraphTests.AssertSame(FeatureTable.Of(served.Batch(), served.Features), encoding);
    }
}
