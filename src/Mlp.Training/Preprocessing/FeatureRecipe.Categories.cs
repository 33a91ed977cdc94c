using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Preprocessing;

/// <content>Categories: texts, and integers that are codes.</content>
public sealed partial class FeatureRecipe
{
    /// <summary>What the category becomes.</summary>
    /// <value>The default value is null: <see cref="CategoryKind.OneHot"/>.</value>
    [EnumDataType(typeof(CategoryKind))]
    public CategoryKind? Category { get; set; }

    /// <summary>The greatest number of values that stand for themselves, the most frequent first; the others are rare. Not for <see cref="CategoryKind.Hash"/> nor <see cref="CategoryOrder.Given"/>. 1 to 1,000,000.</summary>
    /// <value>The default value is null: <see cref="PreprocessingOptions.MaximumCategories"/> for <see cref="CategoryKind.OneHot"/>, else 100,000.</value>
    [Range(1, 1_000_000)]
    public int? MaximumCategories { get; set; }

    /// <summary>How often a value must occur in the training rows to stand for itself. Not for <see cref="CategoryKind.Hash"/> nor <see cref="CategoryOrder.Given"/>. 1 to 1,000,000.</summary>
    /// <value>The default value is null: <see cref="PreprocessingOptions.MinimumCategoryCount"/> for <see cref="CategoryKind.OneHot"/> and <see cref="CategoryKind.Id"/>, else 1.</value>
    [Range(1, 1_000_000)]
    public int? MinimumCategoryCount { get; set; }

    /// <summary>Whether more values than <see cref="MaximumCategories"/> end the training with a <see cref="TrainingDataException"/> instead of being rare.</summary>
    /// <value>The default value is null: no.</value>
    public bool? RefuseMoreCategories { get; set; }

    /// <summary>Whether the most frequent value sets no slot of <see cref="CategoryKind.OneHot"/>, so that slots do not always add up to 1.</summary>
    /// <value>The default value is null: no.</value>
    public bool? DropFirst { get; set; }

    /// <summary>What a value that training rows did not show sets, of <see cref="CategoryKind.OneHot"/>.</summary>
    /// <value>The default value is null: <see cref="UnknownCategory.AsRare"/>.</value>
    [EnumDataType(typeof(UnknownCategory))]
    public UnknownCategory? Unknown { get; set; }

    /// <summary>The order of <see cref="CategoryKind.Ordinal"/>, whose first value is 0.</summary>
    /// <value>The default value is null: <see cref="CategoryOrder.Frequency"/>.</value>
    [EnumDataType(typeof(CategoryOrder))]
    public CategoryOrder? Order { get; set; }

    /// <summary>The values in the order of <see cref="CategoryOrder.Given"/>, each once; of int64 features as digits.</summary>
    /// <value>The default value is null.</value>
    public IList<string>? GivenCategories { get; set; }

    /// <summary>The number of a value without a place in the order, of <see cref="CategoryKind.Ordinal"/>.</summary>
    /// <value>The default value is null: −1.</value>
    public float? UnknownCode { get; set; }

    /// <summary>The number of a missing value, of <see cref="CategoryKind.Ordinal"/>; finite.</summary>
    /// <value>The default value is null: −2.</value>
    public float? MissingCode { get; set; }

    /// <summary>What <see cref="CategoryKind.Frequency"/> tells.</summary>
    /// <value>The default value is null: <see cref="FrequencyMeasure.Share"/>.</value>
    [EnumDataType(typeof(FrequencyMeasure))]
    public FrequencyMeasure? Frequency { get; set; }

    /// <summary>How far <see cref="CategoryKind.Target"/> draws means to that of all labels.</summary>
    /// <value>The default value is null: <see cref="TargetSmoothing.EmpiricalBayes"/>.</value>
    [EnumDataType(typeof(TargetSmoothing))]
    public TargetSmoothing? Smoothing { get; set; }

    /// <summary>m of <see cref="TargetSmoothing.MEstimate"/>, rows. 0 to 1,000,000.</summary>
    /// <value>The default value is null: 10.</value>
    [Range(0.0, 1_000_000.0)]
    public double? SmoothingWeight { get; set; }

    /// <summary>k of <see cref="TargetSmoothing.Sigmoid"/>, rows. 0 to 1,000,000.</summary>
    /// <value>The default value is null: 20.</value>
    [Range(0.0, 1_000_000.0)]
    public double? SmoothingMidpoint { get; set; }

    /// <summary>f of <see cref="TargetSmoothing.Sigmoid"/>, rows. 0.001 to 1,000,000.</summary>
    /// <value>The default value is null: 10.</value>
    [Range(0.001, 1_000_000.0)]
    public double? SmoothingSlope { get; set; }

    /// <summary>Into how many parts training rows are cut for <see cref="CategoryKind.Target"/>, each encoded by the labels of the others. 2 to 100.</summary>
    /// <value>The default value is null: 5.</value>
    [Range(2, 100)]
    public int? TargetFolds { get; set; }

    /// <summary>Number of buckets of <see cref="CategoryKind.Hash"/>. 2 to 100,000.</summary>
    /// <value>The default value is null: 256.</value>
    [Range(2, 100_000)]
    public int? HashBuckets { get; set; }

    /// <summary>Whether a second hash gives each value of <see cref="CategoryKind.Hash"/> a sign, so that values that share a bucket cancel out on average.</summary>
    /// <value>The default value is null: no.</value>
    public bool? SignedHash { get; set; }

    /// <summary>
    /// Whether numbers get mean 0 and deviation 1: those of <see cref="CategoryKind.Ordinal"/> and <see cref="CategoryKind.Frequency"/>, of <see cref="CategoryKind.Target"/> by mean and
    /// deviation of the labels, and <see cref="DateParts"/>.
    /// </summary>
    /// <value>The default value is null: yes.</value>
    public bool? Standardise { get; set; }

    /// <summary>Gives each frequent value a slot.</summary>
    /// <param name="maximumCategories">The greatest number of values with a slot of their own; null for the default.</param>
    /// <param name="minimumCount">How often such a value must occur; null for the default.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe OneHot(int? maximumCategories = null, int? minimumCount = null)
    {
        (Category, MaximumCategories, MinimumCategoryCount) = (Only(CategoryKind.OneHot), maximumCategories, minimumCount);
        return this;
    }

    /// <summary>Replaces values by their place in an order that is learned.</summary>
    /// <param name="order"><see cref="CategoryOrder.Frequency"/> or <see cref="CategoryOrder.Value"/>.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe Ordinal(CategoryOrder order = CategoryOrder.Frequency)
    {
        (Category, Order, GivenCategories) = (Only(CategoryKind.Ordinal), order, null);
        return this;
    }

    /// <summary>Replaces values by their place in an order that is given.</summary>
    /// <param name="values">The values, each once; of int64 features as digits.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe Ordinal(IReadOnlyList<string> values)
    {
        (Category, Order, GivenCategories) = (Only(CategoryKind.Ordinal), CategoryOrder.Given, [.. values]);
        return this;
    }

    /// <summary>Replaces values by how frequent they are.</summary>
    /// <param name="measure">What is told.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe CountFrequency(FrequencyMeasure measure = FrequencyMeasure.Share)
    {
        (Category, Frequency) = (Only(CategoryKind.Frequency), measure);
        return this;
    }

    /// <summary>Replaces values by the mean of their labels. Training rows are encoded by the labels of other rows.</summary>
    /// <param name="smoothing">How far means are drawn to that of all labels.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe TargetEncode(TargetSmoothing smoothing = TargetSmoothing.EmpiricalBayes)
    {
        (Category, Smoothing) = (Only(CategoryKind.Target), smoothing);
        return this;
    }

    /// <summary>Gives each bucket of a hash a slot.</summary>
    /// <param name="buckets">Number of buckets, 2 to 100,000.</param>
    /// <param name="isSigned">Whether values have a sign too.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe Hash(int buckets, bool isSigned = false)
    {
        (Category, HashBuckets, SignedHash) = (Only(CategoryKind.Hash), buckets, isSigned);
        return this;
    }

    /// <summary>Leaves values as numbers of their own, for a layer that embeds them: 0 missing, 1 rare or unknown, 2 and up the others by frequency.</summary>
    /// <param name="maximumCategories">The greatest number of values with a number of their own; null for the default.</param>
    /// <param name="minimumCount">How often such a value must occur; null for the default.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="InvalidOperationException">The recipe makes something else of the category already.</exception>
    public FeatureRecipe Embed(int? maximumCategories = null, int? minimumCount = null)
    {
        (Category, MaximumCategories, MinimumCategoryCount) = (Only(CategoryKind.Id), maximumCategories, minimumCount);
        return this;
    }

    private CategoryKind Only(CategoryKind kind)
        => Category is { } other && other != kind
            ? throw new InvalidOperationException($"Expected a recipe to make one thing of a category, but it makes {other} of it already, and {kind} was asked for.")
            : kind;
}
