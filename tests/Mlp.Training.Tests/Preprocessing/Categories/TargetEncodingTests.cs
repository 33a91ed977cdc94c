using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Tests.Preprocessing.Categories;

public sealed class TargetEncodingTests
{
    private static readonly string[] Texts = ["a", "a", "b", "a", "b"];
    private static readonly double[] Labels = [1, 1, 0, 0, 0];

    [Fact]
    public void TargetEncode_EmpiricalBayes_DrawsByTheVariances()
    {
        // All: mean 0.4, variance 0.24. a: mean 2/3, variance 2/9, λ = 0.72 / (0.72 + 2/9). b: variance 0, λ = 1.
        const double Share = 0.72 / (0.72 + (2.0 / 9));

        Assert.Equal([(float)((Share * 2 / 3) + ((1 - Share) * 0.4)), 0f, 0.4f, 0.4f], Encode(Learn(r => r.TargetEncode()), "a", "b", "new", null));
    }

    [Fact]
    public void TargetEncode_MEstimate_AddsRowsOfTheMean()
        => Assert.Equal([6f / 13, 4f / 12, 0.4f, 0.4f], Encode(Learn(r => r.TargetEncode(TargetSmoothing.MEstimate)), "a", "b", "new", null));

    [Fact]
    public void TargetEncode_Sigmoid_IsHalfwayAtItsMidpoint()
        => Assert.Equal(((2f / 3) + 0.4f) / 2, Encode(Learn(r => r.TargetEncode(TargetSmoothing.Sigmoid).SmoothingMidpoint = 3), "a")[0], 1e-6);

    [Fact]
    public void TargetEncode_ByDefault_TakesMeanAndDeviationOfTheLabelsOut()
    {
        var encoding = Learn(r => r.TargetEncode(TargetSmoothing.MEstimate).Standardise = null);

        Assert.Equal((float)(((6.0 / 13) - 0.4) / Math.Sqrt(0.24)), Encode(encoding, "a")[0], 1e-6);
        Assert.Equal(0f, Encode(encoding, "new")[0], 1e-6);
    }

    [Fact]
    public void TargetEncode_Weights_CountAsRepeatedRows()
    {
        var weighted = Learn(r => r.TargetEncode(), weights: [1, 2, 1, 3, 1]);
        var repeated = Learn(r => r.TargetEncode(), ["a", "a", "a", "b", "a", "a", "a", "b"], [1, 1, 1, 0, 0, 0, 0, 0]);

        Assert.Equal(Encode(repeated, "a", "b", "new"), Encode(weighted, "a", "b", "new"));
    }

    [Fact]
    public void TargetEncode_MoreThanTwoClasses_GivesAShareOfEach()
    {
        var options = Options(r => r.TargetEncode(TargetSmoothing.MEstimate));
        var rows = new Rows().Text("x", Texts);
        var encoding = RecipeRows.Learn(rows, options, [0, 1, 2, 1, 2], classes: 3);

        Assert.Equal(["x.target[0]", "x.target[1]", "x.target[2]"], encoding.OutputNames);
        Assert.All(RecipeRows.Encode(encoding, rows), row => Assert.Equal(1, row.Sum(), 1e-6));
        Assert.Equal([(1 + 2f) / 13, (2 + 4f) / 13, 4f / 13], RecipeRows.Encode(encoding, rows)[0]);
    }

    [Fact]
    public void TargetEncode_RareValues_AreEncodedTogether()
        => Assert.Equal(
            [0.5f, 0.5f, 0.5f],
            Encode(Learn(r => (r.TargetEncode(TargetSmoothing.MEstimate).SmoothingWeight, r.MinimumCategoryCount) = (0, 2), ["a", "a", "b", "c"], [1, 1, 1, 0]), "b", "c", "new"));

    [Fact]
    public void EncodeLearned_ARowsOwnLabel_DoesNotEnterItsEncoding()
    {
        var random = new Random(5);
        string?[] texts = [.. Enumerable.Range(0, 60).Select(_ => random.Next(6) is > 0 and var v ? $"v{v}" : null)];
        double[] labels = [.. texts.Select(_ => random.NextDouble())];
        var rows = new Rows().Text("x", texts);
        var options = Options(r => r.TargetEncode());
        var before = RecipeRows.EncodeLearned(RecipeRows.Learn(rows, options, labels), rows, 60);

        for (var row = 0; row < 60; row++)
        {
            double[] changed = [.. labels];
            changed[row] = 1000;
            var encoding = RecipeRows.Learn(rows, options, changed);

            Assert.Equal(before[row], RecipeRows.EncodeLearned(encoding, rows, 60)[row]);
            Assert.NotEqual(before[row], RecipeRows.Encode(encoding, rows)[row]);
        }
    }

    [Fact]
    public void EncodeLearned_LaterRows_AreEncodedByAllTrainingRows()
    {
        var rows = new Rows().Text("x", [.. Texts, "a", "b"]);
        var encoding = RecipeRows.Learn(rows, Options(r => r.TargetEncode()), [.. Labels, 5, 5], trainingRows: 5);

        Assert.Equal(RecipeRows.Encode(encoding, rows)[5..], RecipeRows.EncodeLearned(encoding, rows, 5)[5..]);
    }

    [Fact]
    public void EncodeLearned_LabelsThatAreChance_LookLikeChance()
    {
        // 1,000 values of two rows each: the mean of its own rows would tell most of a row's label.
        var random = new Random(7);
        string[] texts = [.. Enumerable.Range(0, 2000).Select(i => $"v{i % 1000}")];
        double[] labels = [.. texts.Select(_ => (double)random.Next(2))];
        var rows = new Rows().Text("x", texts);
        var encoding = RecipeRows.Learn(rows, Options(r => r.TargetEncode(TargetSmoothing.MEstimate).SmoothingWeight = 1), labels);

        Assert.InRange(Correlation(RecipeRows.EncodeLearned(encoding, rows, 2000), labels), -0.1, 0.1);
        Assert.InRange(Correlation(RecipeRows.Encode(encoding, rows), labels), 0.6, 1);
    }

    [Fact]
    public void Learn_InTwoBatches_IsLearningInOne()
    {
        var (first, second) = (new Rows().Text("x", "a", "b", null), new Rows().Text("x", "c", "a", "b"));
        var options = Options(r => r.TargetEncode());
        var learner = new FeatureEncodingLearner(FeatureTable.Of(first.Batch(), first.Features).Layout, options, new(Mlp.Runtime.Models.ModelTask.Regression, 1, 1));
        learner.Add(FeatureTable.Of(first.Batch(), first.Features), 3, [1, 2, 3]);
        learner.Add(FeatureTable.Of(second.Batch(), second.Features), 3, [4, 5, 6]);
        var parted = (CategoryValuesBlock)learner.Complete().Blocks[0];

        var whole = (CategoryValuesBlock)RecipeRows.Learn(new Rows().Text("x", "a", "b", null, "c", "a", "b"), options, [1, 2, 3, 4, 5, 6]).Blocks[0];

        Assert.Equal(whole.Features[0].Index.Texts, parted.Features[0].Index.Texts);
        Assert.Equal(whole.Features[0].Table, parted.Features[0].Table);
        Assert.Equal(whole.Features[0].FoldTables, parted.Features[0].FoldTables);
    }

    [Fact]
    public void Learn_WithoutLabels_IsRefused()
    {
        var failure = Assert.Throws<TrainingDataException>(() => RecipeRows.Learn(new Rows().Text("x", "a", "b"), Options(r => r.TargetEncode())));

        Assert.Equal("Expected labels to learn the target encoding of column 'x' from, but the rows have none.", failure.Message);
    }

    [Fact]
    public void Folds_OfManyRows_AreAboutAsLargeAndAnotherSeedPartsOtherwise()
    {
        var folds = Enumerable.Range(0, 10_000).Select(new TargetFolds(1, 5).Of).ToArray();

        Assert.All(folds.CountBy(f => f), f => Assert.InRange(f.Value, 1850, 2150));
        Assert.NotEqual(folds, Enumerable.Range(0, 10_000).Select(new TargetFolds(2, 5).Of));
    }

    private static double Correlation(float[][] encoded, double[] labels)
    {
        var (x, y) = (encoded.Average(r => r[0]), labels.Average());
        var covariance = encoded.Zip(labels).Sum(p => (p.First[0] - x) * (p.Second - y));
        return covariance / Math.Sqrt(encoded.Sum(r => (r[0] - x) * (r[0] - x)) * labels.Sum(l => (l - y) * (l - y)));
    }

    private static PreprocessingOptions Options(Action<FeatureRecipe> set)
    {
        var options = new PreprocessingOptions();
        options.For("x").Standardise = false;
        set(options.For("x"));
        return options;
    }

    private static FeatureEncoding Learn(Action<FeatureRecipe> set, string[]? texts = null, double[]? labels = null, float[]? weights = null)
        => RecipeRows.Learn(new Rows().Text("x", texts ?? Texts), Options(set), labels ?? Labels, weights);

    private static float[] Encode(FeatureEncoding encoding, params string?[] values) => [.. RecipeRows.Encode(encoding, new Rows().Text("x", values)).Select(r => r[0])];
}
