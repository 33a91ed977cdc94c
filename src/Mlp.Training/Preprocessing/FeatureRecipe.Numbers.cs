using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Preprocessing;

/// <content>
/// Quantities. A number goes through clipping, the function and the scaling or the buckets, in this order, each learned of the finite values of the training rows as the one before it
/// leaves them. A number that is not there is replaced first, and goes through all of them like any other.
/// </content>
public sealed partial class FeatureRecipe
{
    /// <summary>What stands in for a number that is not there, NaN or infinite.</summary>
    /// <value>The default value is null: <see cref="ImputeKind.Mean"/>.</value>
    [EnumDataType(typeof(ImputeKind))]
    public ImputeKind? Imputation { get; set; }

    /// <summary>The number of <see cref="ImputeKind.Constant"/>, finite, in the feature's unit.</summary>
    /// <value>The default value is null.</value>
    public double? ImputedValue { get; set; }

    /// <summary>Whether an input of its own says that a number is not there.</summary>
    /// <value>The default value is null: where training rows have such numbers.</value>
    public bool? Indicator { get; set; }

    /// <summary>The least number that is not raised to it, in the feature's unit.</summary>
    /// <value>The default value is null: none.</value>
    public double? LowerBound { get; set; }

    /// <summary>The greatest number that is not lowered to it, in the feature's unit.</summary>
    /// <value>The default value is null: none.</value>
    public double? UpperBound { get; set; }

    /// <summary>The quantile of the training rows to which lower numbers are raised, 0 to 1.</summary>
    /// <value>The default value is null: none.</value>
    [Range(0.0, 1.0)]
    public double? LowerQuantile { get; set; }

    /// <summary>The quantile of the training rows to which greater numbers are lowered, 0 to 1.</summary>
    /// <value>The default value is null: none.</value>
    [Range(0.0, 1.0)]
    public double? UpperQuantile { get; set; }

    /// <summary>The function.</summary>
    /// <value>The default value is null: <see cref="NumberFunction.None"/>.</value>
    [EnumDataType(typeof(NumberFunction))]
    public NumberFunction? Function { get; set; }

    /// <summary>The scaling.</summary>
    /// <value>The default value is null: <see cref="NumberScaling.Standard"/>, or none of buckets.</value>
    [EnumDataType(typeof(NumberScaling))]
    public NumberScaling? Scaling { get; set; }

    /// <summary>The lower quantile of <see cref="NumberScaling.Robust"/>, 0 to 0.5.</summary>
    /// <value>The default value is null: 0.25.</value>
    [Range(0.0, 0.5)]
    public double? RobustLowerQuantile { get; set; }

    /// <summary>The upper quantile of <see cref="NumberScaling.Robust"/>, 0.5 to 1.</summary>
    /// <value>The default value is null: 0.75.</value>
    [Range(0.5, 1.0)]
    public double? RobustUpperQuantile { get; set; }

    /// <summary>Number of quantiles of <see cref="NumberScaling.QuantileUniform"/> and <see cref="NumberScaling.QuantileNormal"/>, at most that of the training rows. 2 to 10,000.</summary>
    /// <value>The default value is null: 1,000.</value>
    [Range(2, 10_000)]
    public int? QuantileCount { get; set; }

    /// <summary>Where a number is cut off after <see cref="NumberScaling.Standard"/> or <see cref="NumberScaling.Robust"/>, 1 to 1,000,000.</summary>
    /// <value>The default value is null: <see cref="PreprocessingOptions.MaximumDeviation"/> after <see cref="NumberScaling.Standard"/>, nowhere after <see cref="NumberScaling.Robust"/>.</value>
    [Range(1.0, 1_000_000.0)]
    public double? MaximumDeviation { get; set; }

    /// <summary>Buckets in place of a scaling. Of an edge the bucket above it holds the number itself; numbers beyond the outer buckets fall into them.</summary>
    /// <value>The default value is null: none.</value>
    [EnumDataType(typeof(BucketKind))]
    public BucketKind? Buckets { get; set; }

    /// <summary>Number of <see cref="BucketKind.Uniform"/> and <see cref="BucketKind.Quantile"/> buckets, 2 to 1,000.</summary>
    /// <value>The default value is null: 5.</value>
    [Range(2, 1000)]
    public int? BucketCount { get; set; }

    /// <summary>The inner edges of <see cref="BucketKind.Edges"/>, ascending: n of them make n + 1 buckets. 1 to 999.</summary>
    /// <value>The default value is null.</value>
    public IList<double>? BucketEdges { get; set; }

    /// <summary>What a bucket becomes.</summary>
    /// <value>The default value is null: <see cref="Preprocessing.BucketOutput.OneHot"/>.</value>
    [EnumDataType(typeof(BucketOutput))]
    public BucketOutput? BucketOutput { get; set; }

    /// <summary>Says what stands in for a number that is not there.</summary>
    /// <param name="kind">All but <see cref="ImputeKind.Constant"/>.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Impute(ImputeKind kind)
    {
        (Imputation, ImputedValue) = (kind, null);
        return this;
    }

    /// <summary>Lets a constant stand in for a number that is not there.</summary>
    /// <param name="value">The constant, finite, in the feature's unit.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Impute(double value)
    {
        (Imputation, ImputedValue) = (ImputeKind.Constant, value);
        return this;
    }

    /// <summary>Adds an input that says that a number is not there, whether or not training rows have such numbers.</summary>
    /// <returns>This recipe.</returns>
    public FeatureRecipe AddIndicator()
    {
        Indicator = true;
        return this;
    }

    /// <summary>Leaves the input out that says that a number is not there.</summary>
    /// <returns>This recipe.</returns>
    public FeatureRecipe WithoutIndicator()
    {
        Indicator = false;
        return this;
    }

    /// <summary>Cuts numbers off at bounds.</summary>
    /// <param name="lower">The lower bound in the feature's unit; null for none.</param>
    /// <param name="upper">The upper bound in the feature's unit; null for none.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Clip(double? lower, double? upper)
    {
        (LowerBound, UpperBound) = (lower, upper);
        return this;
    }

    /// <summary>Cuts numbers off at quantiles of the training rows.</summary>
    /// <param name="lower">The lower quantile, 0 to 1.</param>
    /// <param name="upper">The upper quantile, 0 to 1.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe ClipQuantiles(double lower, double upper)
    {
        (LowerQuantile, UpperQuantile) = (lower, upper);
        return this;
    }

    /// <summary>Puts numbers through a function.</summary>
    /// <param name="function">The function.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Apply(NumberFunction function)
    {
        Function = function;
        return this;
    }

    /// <summary>Scales numbers.</summary>
    /// <param name="scaling">The scaling.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Scale(NumberScaling scaling)
    {
        Scaling = scaling;
        return this;
    }

    /// <summary>Scales by median and quantiles.</summary>
    /// <param name="lowerQuantile">The lower quantile, 0 to 0.5.</param>
    /// <param name="upperQuantile">The upper quantile, 0.5 to 1.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe RobustScale(double lowerQuantile = 0.25, double upperQuantile = 0.75)
    {
        (Scaling, RobustLowerQuantile, RobustUpperQuantile) = (NumberScaling.Robust, lowerQuantile, upperQuantile);
        return this;
    }

    /// <summary>Leaves numbers as they are: no scaling.</summary>
    /// <returns>This recipe.</returns>
    public FeatureRecipe PassThrough() => Scale(NumberScaling.None);

    /// <summary>Puts numbers into buckets.</summary>
    /// <param name="kind"><see cref="BucketKind.Uniform"/> or <see cref="BucketKind.Quantile"/>.</param>
    /// <param name="count">How many, 2 to 1,000.</param>
    /// <param name="output">What a bucket becomes.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Bucketize(BucketKind kind, int count, BucketOutput output = Preprocessing.BucketOutput.OneHot)
    {
        (Buckets, BucketCount, BucketEdges, BucketOutput) = (kind, count, null, output);
        return this;
    }

    /// <summary>Puts numbers into buckets between given edges.</summary>
    /// <param name="edges">The inner edges, ascending.</param>
    /// <param name="output">What a bucket becomes.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe Bucketize(IReadOnlyList<double> edges, BucketOutput output = Preprocessing.BucketOutput.OneHot)
    {
        (Buckets, BucketCount, BucketEdges, BucketOutput) = (BucketKind.Edges, null, [.. edges], output);
        return this;
    }
}
