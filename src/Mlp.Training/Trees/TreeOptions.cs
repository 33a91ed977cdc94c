using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Mlp.Runtime.Hosting;

namespace Mlp.Training.Trees;

/// <summary>Settings of trees. Defaults are LightGBM's, but for the number of iterations, which early stopping bounds.</summary>
public sealed class TreeOptions
{
    /// <summary>What is trained for.</summary>
    /// <value>The default value is <see cref="TreeObjective.Binary"/>.</value>
    public TreeObjective Objective { get; set; } = TreeObjective.Binary;

    /// <summary>How trees come together.</summary>
    /// <value>The default value is <see cref="TreeBoosting.GradientBoosting"/>.</value>
    public TreeBoosting Boosting { get; set; } = TreeBoosting.GradientBoosting;

    /// <summary>The greatest number of iterations, 1 to 100,000. Each adds one tree per score.</summary>
    /// <value>The default value is 500.</value>
    [Range(1, 100_000)]
    public int MaximumIterations { get; set; } = 500;

    /// <summary>What each tree is multiplied with, 0.0001 to 1.</summary>
    /// <value>The default value is 0.1.</value>
    [Range(1e-4, 1.0)]
    public double LearningRate { get; set; } = 0.1;

    /// <summary>The greatest number of leaves of a tree, 2 to 131,072.</summary>
    /// <value>The default value is 31.</value>
    [Range(2, 131_072)]
    public int MaximumLeaves { get; set; } = 31;

    /// <summary>The greatest depth of a tree, 0 to 1,000; 0 for no bound.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1000)]
    public int MaximumDepth { get; set; }

    /// <summary>The least number of training rows in a leaf, 0 to 1,000,000.</summary>
    /// <value>The default value is 20.</value>
    [Range(0, 1_000_000)]
    public int MinimumRowsInLeaf { get; set; } = 20;

    /// <summary>The least gain of a split, 0 to 1,000,000.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 1_000_000.0)]
    public double MinimumSplitGain { get; set; }

    /// <summary>L1 penalty of the leaves, 0 to 1,000,000.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 1_000_000.0)]
    public double L1 { get; set; }

    /// <summary>L2 penalty of the leaves, 0 to 1,000,000.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 1_000_000.0)]
    public double L2 { get; set; }

    /// <summary>Share of the features that a tree may use, above 0 to 1.</summary>
    /// <value>The default value is 1.</value>
    [Range(1e-6, 1.0)]
    public double FeatureFraction { get; set; } = 1;

    /// <summary>Share of the rows that a tree is grown on, above 0 to 1.</summary>
    /// <value>The default value is 1.</value>
    [Range(1e-6, 1.0)]
    public double BaggingFraction { get; set; } = 1;

    /// <summary>After how many iterations rows are drawn anew, 1 to 100,000; of no effect while <see cref="BaggingFraction"/> is 1.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 100_000)]
    public int BaggingFrequency { get; set; } = 1;

    /// <summary>The greatest number of bins of a feature, 2 to 65,535.</summary>
    /// <value>The default value is 255.</value>
    [Range(2, 65_535)]
    public int MaximumBins { get; set; } = 255;

    /// <summary>Quantile for <see cref="TreeObjective.Quantile"/>, or where Huber's loss becomes linear; above 0 to 1,000,000.</summary>
    /// <value>The default value is 0.9.</value>
    [Range(1e-9, 1_000_000.0)]
    public double Alpha { get; set; } = 0.9;

    /// <summary>What the gradient of the positive class is multiplied with (<see cref="TreeObjective.Binary"/>, and each class of <see cref="TreeObjective.MulticlassOneVersusAll"/>), above 0 to 1,000,000.</summary>
    /// <value>The default value is 1.</value>
    [Range(1e-9, 1_000_000.0)]
    public double PositiveWeight { get; set; } = 1;

    /// <summary>Whether a 0 is a missing value, as NaN is.</summary>
    /// <value>The default value is false.</value>
    public bool ZeroAsMissing { get; set; }

    /// <summary>Per feature 1 where scores must not fall as it rises, or −1 where they must not rise.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, int> MonotoneConstraints { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Names of int64 features that are codes rather than quantities: an area, a weekday. Texts are always categorical.</summary>
    /// <value>The default value is empty.</value>
    public ICollection<string> CategoricalFeatures { get; } = [];

    /// <summary>The greatest number of values of one categorical feature that are told apart, the most frequent first; the others count as missing. 1 to 100,000.</summary>
    /// <value>The default value is 1,000.</value>
    [Range(1, 100_000)]
    public int MaximumCategories { get; set; } = 1000;

    /// <summary>How much rows of a class count, by its name; 1 for those not named. They multiply the weights of the training set. Objectives without classes take none.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, double> ClassWeights { get; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The column whose equal neighbours are ranked together; ranking needs it, and nothing else takes it.</summary>
    /// <value>The default value is null.</value>
    public string? GroupColumn { get; set; }

    /// <summary>The metric that decides when to stop, by LightGBM's name, as <c>auc</c>; null for that of the objective.</summary>
    /// <value>The default value is null.</value>
    public string? Metric { get; set; }

    /// <summary>
    /// A measure of the caller's own that decides when to stop; null for <see cref="Metric"/>, which beside it is measured on the training rows alone (<see cref="MeasuresTrainingLoss"/>). NaN ends training with an
    /// <see cref="InvalidOperationException"/>.
    /// </summary>
    /// <value>The default value is null.</value>
    [JsonIgnore]
    public TreeMetric? CustomMetric { get; set; }

    /// <summary>Whether a greater <see cref="CustomMetric"/> is better.</summary>
    /// <value>The default value is false.</value>
    public bool IsGreaterCustomMetricBetter { get; set; }

    /// <summary>Whether the metric is measured on the training rows too after each iteration. That costs as much as half an iteration over many rows.</summary>
    /// <value>The default value is false.</value>
    public bool MeasuresTrainingLoss { get; set; }

    /// <summary>Iterations without a better metric on the validation rows after which training stops, 1 to 100,000.</summary>
    /// <value>The default value is 50.</value>
    [Range(1, 100_000)]
    public int EarlyStoppingPatience { get; set; } = 50;

    /// <summary>
    /// Share of the rows, the last ones by time, that decide when to stop and that prove the export, 0 to 0.9. With 0, and without validation rows, training runs for
    /// <see cref="MaximumIterations"/> and the training rows prove the export.
    /// </summary>
    /// <value>The default value is 0.2.</value>
    [Range(0.0, 0.9)]
    public double ValidationShare { get; set; } = 0.2;

    /// <summary>Decides which rows and features are drawn.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, int.MaxValue)]
    public int Seed { get; set; }

    /// <summary>Threads that train, 0 to 1,024; 0 for one per processor.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Whether the same rows, settings and seed give the same trees, on any number of threads. LightGBM's <c>goss</c> cannot.</summary>
    /// <value>The default value is true.</value>
    public bool IsDeterministic { get; set; } = true;

    /// <summary>How replicas train together; one alone by default.</summary>
    [JsonIgnore]
    public DistributedTreeOptions Distributed { get; } = new();

    /// <summary>How trees are exported.</summary>
    public TreeConversionOptions Conversion { get; } = new();

    /// <summary>Further parameters by LightGBM's names and aliases, as <c>path_smooth</c>. Those that this class has settings for, those without effect and unknown ones are refused.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What is wrong with the settings, as sentences.</summary>
    /// <param name="path">How the sentences name these options.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal List<string> FindFailures(string path = nameof(TreeOptions), char separator = '.')
        => [.. SettingsRanges.FindFailures(path, this, separator), .. TreeOptionRules.FindFailures(this, path, separator)];

    /// <summary>A copy that later changes do not reach.</summary>
    internal TreeOptions Copy()
    {
        var copy = new TreeOptions();
        foreach (var property in typeof(TreeOptions).GetProperties().Where(p => p.CanWrite))
        {
            property.SetValue(copy, property.GetValue(this));
        }

        CopyTo(MonotoneConstraints, copy.MonotoneConstraints);
        CopyTo(ClassWeights, copy.ClassWeights);
        CopyTo(Parameters, copy.Parameters);
        foreach (var feature in CategoricalFeatures)
        {
            copy.CategoricalFeatures.Add(feature);
        }

        copy.Distributed.CopyFrom(Distributed);
        (copy.Conversion.Operator, copy.Conversion.Precision) = (Conversion.Operator, Conversion.Precision);
        return copy;
    }

    private static void CopyTo<T>(IDictionary<string, T> source, IDictionary<string, T> destination)
    {
        foreach (var (key, value) in source)
        {
            destination.Add(key, value);
        }
    }
}
