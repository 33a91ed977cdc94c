using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing.Numbers;

/// <summary>What recipes of quantities are refused for, each with its sentence.</summary>
public sealed class NumberRecipeFailureTests
{
    public static TheoryData<Action<FeatureRecipe>, string> Contradictions => new()
    {
        { r => r.Imputation = ImputeKind.Constant, "ImputedValue must be a finite number where Imputation is Constant, but is null." },
        { r => r.ImputedValue = 1, "ImputedValue must be left out except where Imputation is Constant, but is set." },
        { r => r.Clip(5, 5), "LowerBound must be below UpperBound, but is 5 and UpperBound is 5." },
        { r => r.Clip(double.NaN, null), "LowerBound must be a finite number, but is NaN." },
        { r => r.ClipQuantiles(0.9, 0.1), "LowerQuantile must be below UpperQuantile, but is 0.9 and UpperQuantile is 0.1." },
        { r => r.Clip(0, null).LowerQuantile = 0.1, "LowerQuantile must be left out where LowerBound is set, but is set too." },
        { r => r.ClipQuantiles(-0.1, 0.5), "LowerQuantile must be between 0 and 1, but is -0.1." },
        { r => r.Scale(NumberScaling.MinMax).MaximumDeviation = 3, "MaximumDeviation must be left out except where Scaling is Standard or Robust, but is set." },
        { r => r.Scale(NumberScaling.Standard).QuantileCount = 3, "QuantileCount must be left out except where Scaling is QuantileUniform or QuantileNormal, but is set." },
        { r => r.RobustLowerQuantile = 0.1, "RobustLowerQuantile must be left out except where Scaling is Robust, but is set." },
        { r => r.Bucketize(BucketKind.Uniform, 3).Scale(NumberScaling.MinMax), "Scaling must be left out where Buckets is set, but is set too." },
        { r => r.Bucketize([3, 1]), "BucketEdges must be 1 to 999 finite numbers that ascend where Buckets is Edges, but are not." },
        { r => r.Bucketize(BucketKind.Uniform, 1), "BucketCount must be between 2 and 1000, but is 1." },
        { r => r.BucketCount = 3, "BucketCount must be left out except where Buckets is Uniform or Quantile, but is set." },
        { r => r.Scale((NumberScaling)99), "Scaling must be None or Standard or MinMax or Robust or QuantileUniform or QuantileNormal, but is 99." },
        { r => r.Apply(NumberFunction.Log).Scale(NumberScaling.QuantileNormal), "Function must be left out except before a scaling that is linear or before Uniform buckets: it does not change the order of numbers, and others look at nothing else, but is set." },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Learn_Contradiction_NamesTheSetting(Action<FeatureRecipe> change, string sentence)
    {
        var error = Assert.Throws<ArgumentException>(() => Learn(new Rows().Float64("x", 1, 2), change));

        Assert.Contains($"PreprocessingOptions.Features.x.{sentence}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_UnknownFeature_NamesThoseThereAre()
    {
        var options = new PreprocessingOptions();
        options.For("agee").RobustScale();
        var rows = new Rows().Float64("age", 1).Text("city", "a");

        var error = Assert.Throws<ArgumentException>(() => FeatureEncoding.Learn(FeatureTable.Of(rows.Batch(), rows.Features), 1, options));

        Assert.StartsWith("Expected the feature 'agee' of a recipe among the features, but found 'age', 'city'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_QuantityRuleForAText_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => Learn(new Rows().Text("x", "a", "b"), r => r.RobustScale()));

        Assert.StartsWith("Expected a recipe for a category, but that of the feature 'x' of type String has settings of quantities.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_QuantityRuleForACode_IsRefused()
    {
        var options = new PreprocessingOptions { CategoricalFeatures = { "x" } };
        options.For("x").RobustScale();
        var rows = new Rows().Int64("x", 1, 2);

        var error = Assert.Throws<ArgumentException>(() => FeatureEncoding.Learn(FeatureTable.Of(rows.Batch(), rows.Features), 2, options));

        Assert.StartsWith("Expected a recipe for a category, but that of the categorical feature 'x' has settings of quantities.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(double.NaN)]
    public void Learn_NoValueInTheTrainingRows_IsRefused(double? nothing)
    {
        var error = Assert.Throws<TrainingDataException>(() => Learn(new Rows().Float64("x", nothing, nothing, 5), _ => { }, trainingRows: 2));

        Assert.Equal("x", error.Column);
        Assert.Equal("Expected a value of feature 'x' in at least one training row, but it is missing in all 2: leave the feature out.", error.Message);
    }

    [Fact]
    public void Learn_NoValueButAConstantForIt_IsAllowed()
    {
        var encoding = Learn(new Rows().Float64("x", null, null), r => r.Impute(3).PassThrough());

        Assert.Equal(["x", "x is missing"], encoding.OutputNames);
    }

    [Fact]
    public void Learn_LogarithmOfZero_IsRefused()
    {
        var error = Assert.Throws<TrainingDataException>(() => Learn(new Rows().Float64("x", 1, 0), r => r.Apply(NumberFunction.Log)));

        Assert.Equal("Expected a number of feature 'x' in every training row that Log has a value for, but found another: take SignedLog, or cut the feature off by a lower bound.", error.Message);
        Assert.NotNull(Learn(new Rows().Float64("x", 1, 0), r => r.Apply(NumberFunction.Log).Clip(0.5, null)));
    }

    [Fact]
    public void Learn_LogarithmOfTheFilling_IsRefused()
    {
        var error = Assert.Throws<TrainingDataException>(() => Learn(new Rows().Float64("x", 1, 2), r => r.Apply(NumberFunction.Log).Impute(-1)));

        Assert.StartsWith("Expected a number of feature 'x' as what stands in for a missing one that Log has a value for", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_BucketsOfAConstant_AreRefused()
    {
        foreach (var kind in new[] { BucketKind.Uniform, BucketKind.Quantile })
        {
            var error = Assert.Throws<TrainingDataException>(() => Learn(new Rows().Float64("x", 4, 4, 4), r => r.Bucketize(kind, 3)));

            Assert.Equal("Expected values of feature 'x' that fall into at least two buckets, but those of the training rows fall into one.", error.Message);
        }
    }

    [Fact]
    public void Learn_ConstantColumn_BecomesZeroByEveryScaling()
    {
        foreach (var scaling in new[] { NumberScaling.Standard, NumberScaling.MinMax, NumberScaling.Robust, NumberScaling.QuantileUniform })
        {
            var rows = new Rows().Float64("x", 4, 4, 4);
            var table = FeatureTable.Of(rows.Batch(), rows.Features);
            var options = new PreprocessingOptions();
            options.For("x").Scale(scaling);

            Assert.Equal([0f, 0f, 0f], EncodingRun.Run(table, FeatureEncoding.Learn(table, 3, options)));
        }
    }

    [Fact]
    public void Learn_QuantileBeyondTheGivenBound_IsRefused()
    {
        var error = Assert.Throws<TrainingDataException>(() => Learn(new Rows().Float64("x", 1, 2, 3), r =>
        {
            r.LowerBound = 10;
            r.UpperQuantile = 0.5;
        }));

        Assert.Equal("Expected the lower bound of feature 'x' below the upper one, but the quantile of the training rows is beyond the given bound.", error.Message);
    }

    [Fact]
    public void Learn_NumbersWithoutADeviation_AreRefused()
    {
        foreach (var scaling in new[] { NumberScaling.Standard, NumberScaling.MinMax, NumberScaling.QuantileUniform })
        {
            var error = Assert.Throws<TrainingDataException>(() => Learn(new Rows().Float64("x", double.MaxValue, double.MinValue), r => r.Scale(scaling)));

            Assert.Equal("Expected numbers below 1e150 in magnitude in column 'x', but found some that have no standard deviation.", error.Message);
        }
    }

    private static FeatureEncoding Learn(Rows rows, Action<FeatureRecipe> change, int? trainingRows = null)
    {
        var options = new PreprocessingOptions();
        change(options.For("x"));
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        return FeatureEncoding.Learn(table, trainingRows ?? table.RowCount, options);
    }
}
