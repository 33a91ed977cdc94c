using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing.Numbers;

public sealed class NumberRecipeTests
{
    [Fact]
    public void Encode_Median_StandsInAndGoesThroughTheScaling()
    {
        // 1, 2, 3, 10: median 2.5, quartiles 1.75 and 4.75; median fills give (2.5 − 2.5) / 3.
        var rows = new Rows().Float64("x", 1, 2, 3, 10, null);

        Assert.Equal([[-0.5f, 0f], [-1 / 6f, 0f], [1 / 6f, 0f], [2.5f, 0f], [0f, 1f]], Encode(rows, r => r.Impute(ImputeKind.Median).RobustScale()));
    }

    [Fact]
    public void Encode_RobustWithoutQuantiles_TakesTheQuartiles()
        => Assert.Equal([[-0.5f], [-1 / 6f], [1 / 6f], [2.5f]], Encode(new Rows().Float64("x", 1, 2, 3, 10), r => r.Scale(NumberScaling.Robust)));

    [Fact]
    public void Encode_MostFrequentAndConstant_StandIn()
    {
        var rows = new Rows().Float64("x", 7, 3, 7, 3, 9, null);

        Assert.Equal(3f, Encode(rows, r => r.Impute(ImputeKind.MostFrequent).PassThrough())[5][0]);
        Assert.Equal(-4f, Encode(rows, r => r.Impute(-4).PassThrough())[5][0]);
    }

    [Fact]
    public void Encode_Indicator_IsAddedOrLeftOutAsTold()
    {
        Assert.Equal([[1f, 0f], [2f, 0f]], Encode(new Rows().Float64("x", 1, 2), r => r.PassThrough().AddIndicator()));
        Assert.Equal([[1f], [1f]], Encode(new Rows().Float64("x", 1, null), r => r.PassThrough().WithoutIndicator()));
    }

    [Fact]
    public void Encode_MinMax_IsCutOffAtTheTrainingRows()
        => Assert.Equal([[0f], [0.5f], [1f], [1f], [0f]], Encode(new Rows().Float64("x", 10, 15, 20, 40, -5), r => r.Scale(NumberScaling.MinMax), trainingRows: 3));

    [Fact]
    public void Encode_ClippedByQuantiles_LearnsTheScalingOfWhatIsLeft()
    {
        // Quantiles 0.25 and 0.75 of 0, 1, 2, 3, 100 are 1 and 3: the values become 1, 1, 2, 3, 3.
        var rows = new Rows().Float64("x", 0, 1, 2, 3, 100);

        Assert.Equal([[0f], [0f], [0.5f], [1f], [1f]], Encode(rows, r => r.ClipQuantiles(0.25, 0.75).Scale(NumberScaling.MinMax)));
    }

    [Fact]
    public void Encode_InfinityBeyondABound_IsMissingAndNotTheBound()
        => Assert.Equal(
            [[0f, 0f], [4f, 0f], [2f, 0f], [4f, 0f], [3.75f, 1f], [3.75f, 1f], [3.75f, 1f]],
            Encode(new Rows().Float64("x", 0, 4, 2, 9, double.PositiveInfinity, double.NegativeInfinity, double.NaN), r => r.Clip(0, 4).PassThrough()));

    [Fact]
    public void Encode_SignedLog_KeepsTheSign()
        => Assert.Equal([-MathF.Log(3), 0f, MathF.Log(3)], Encode(new Rows().Int64("x", -2, 0, 2), r => r.Apply(NumberFunction.SignedLog).PassThrough()).Select(r => r[0]));

    [Fact]
    public void Encode_QuantileUniform_GivesTheShareOfTrainingRows()
    {
        // Knots 0, 1, 2, 4 at the shares 0, 1/3, 2/3, 1; ties take the middle of their shares.
        var rows = new Rows().Float64("x", 0, 1, 2, 4, 3, 9, -9).Float64("tied", 0, 1, 1, 2, 1, 1.5, 0.5);
        var options = new PreprocessingOptions();
        options.For("x").Scale(NumberScaling.QuantileUniform);
        options.For("tied").Scale(NumberScaling.QuantileUniform);

        var encoded = Encode(rows, options, trainingRows: 4);

        Assert.Equal([0f, 1 / 3f, 2 / 3f, 1f, 5 / 6f, 1f, 0f], encoded.Select(r => r[0]));
        Assert.Equal([0f, 0.5f, 0.5f, 1f, 0.5f, 5 / 6f, 1 / 6f], encoded.Select(r => r[1]));
    }

    [Fact]
    public void Encode_Buckets_HoldTheirLowerEdge()
    {
        var rows = new Rows().Float64("x", 0, 1, 2, 3, 4, null);

        Assert.Equal([[1f, 0f, 0f], [0f, 1f, 0f], [0f, 1f, 0f], [0f, 0f, 1f], [0f, 0f, 1f], [0f, 1f, 0f]], Encode(rows, r => r.Bucketize([1, 3]).WithoutIndicator()));
        Assert.Equal([[0f], [1f], [2f], [3f], [3f], [2f]], Encode(rows, r => r.Bucketize(BucketKind.Uniform, 4, BucketOutput.Ordinal).WithoutIndicator()));
    }

    [Fact]
    public void Encode_UniformBucketsOfALogarithm_GrowByAFactor()
    {
        var rows = new Rows().Float64("x", 1, 9.99, 10.01, 99.9, 100.1, 1000);

        Assert.Equal([0f, 0f, 1f, 1f, 2f, 2f], Encode(rows, r => r.Apply(NumberFunction.Log).Bucketize(BucketKind.Uniform, 3, BucketOutput.Ordinal)).Select(r => r[0]));
    }

    [Fact]
    public void OutputNames_OfRecipes_SayWhatTheyHold()
    {
        var rows = new Rows().Float64("a", 1, 2, null).Float64("b", 1, 2, 3).Vector("v", 2, [1, 2], [2, 3], [3, 4]).Text("t", "x", "y", null).Int64("c", 1, 2, 3);
        var options = new PreprocessingOptions { MinimumCategoryCount = 1, MaximumCategories = 1, CategoricalFeatures = { "c" } };
        options.For("b").Bucketize([1.5, 2.5]).AddIndicator();

        var encoding = FeatureEncoding.Learn(FeatureTable.Of(rows.Batch(), rows.Features), 3, options);

        Assert.Equal(
            ["v[0]", "v[1]", "a", "a is missing", "b is missing", "b < 1.5", "b in [1.5, 2.5)", "b >= 2.5", "t=x", "t is another", "t is missing", "c=1", "c is another"], encoding.OutputNames);
    }

    [Fact]
    public void Learn_SeveralTables_LearnsWhatOneTableTeaches()
    {
        var random = new Random(7);
        double?[] values = [.. Enumerable.Range(0, 900).Select(i => i % 10 == 0 ? (double?)null : Math.Exp(random.NextDouble() * 8))];
        PreprocessingOptions Options()
        {
            var options = new PreprocessingOptions();
            options.For("b").Apply(NumberFunction.Log1P).RobustScale().Impute(ImputeKind.Median);
            options.For("c").Bucketize(BucketKind.Quantile, 4);
            return options;
        }

        Rows Of(IEnumerable<double?> some) => new Rows().Float64("a", [.. some]).Float64("b", [.. some]).Float64("c", [.. some]).Text("t", [.. some.Select(v => v > 100 ? "big" : v is null ? null : "small")]);
        var whole = Of(values);
        var table = FeatureTable.Of(whole.Batch(), whole.Features);
        var learner = new FeatureEncodingLearner(table.Layout, Options());
        foreach (var chunk in values.Chunk(200))
        {
            var part = Of(chunk);
            learner.Add(FeatureTable.Of(part.Batch(), part.Features), chunk.Length);
        }

        var expected = EncodingRun.Encode(table, FeatureEncoding.Learn(table, 900, Options()));
        var found = EncodingRun.Encode(table, learner.Complete());

        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    private static float[][] Encode(Rows rows, Action<FeatureRecipe> recipe, int? trainingRows = null)
    {
        var options = new PreprocessingOptions();
        recipe(options.For("x"));
        return Encode(rows, options, trainingRows);
    }

    private static float[][] Encode(Rows rows, PreprocessingOptions options, int? trainingRows = null)
    {
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        var encoding = FeatureEncoding.Learn(table, trainingRows ?? table.RowCount, options);
        EncodingRun.AssertClose(table, encoding, 1e-6);
        return [.. EncodingRun.Encode(table, encoding).Chunk(encoding.Width)];
    }
}
