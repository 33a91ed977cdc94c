using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// What counts as drift of a model. A feature has drifted when its distance from the reference is above the threshold <em>and</em> chance does not explain it: p, corrected for all features and checks
/// of the report, is at most the significance. The first keeps large windows from alarms over nothing, the second small ones.
/// </summary>
public sealed class DriftOptions
{
    /// <summary>The distance of numbers, the score among them.</summary>
    /// <value>The default value is <see cref="DriftMethod.PopulationStabilityIndex"/>.</value>
    public DriftMethod NumericMethod { get; set; } = DriftMethod.PopulationStabilityIndex;

    /// <summary>The bins of numbers, the score among them, for distances over bins.</summary>
    /// <value>The default value is <see cref="DriftBinning.Quantiles"/>.</value>
    public DriftBinning NumericBinning { get; set; } = DriftBinning.Quantiles;

    /// <summary>The distance of categories; one over bins.</summary>
    /// <value>The default value is <see cref="DriftMethod.PopulationStabilityIndex"/>.</value>
    public DriftMethod CategoricalMethod { get; set; } = DriftMethod.PopulationStabilityIndex;

    /// <summary>The chance of any alarm where nothing has drifted, 0.000001 to 0.5.</summary>
    /// <value>The default value is null: <see cref="Hosting.MonitoringOptions.DriftSignificance"/>.</value>
    [Range(0.000001, 0.5)]
    public double? Significance { get; set; }

    /// <summary>How p-values are corrected for the number of features and checks.</summary>
    /// <value>The default value is <see cref="MultipleTesting.BenjaminiHochberg"/>.</value>
    public MultipleTesting Correction { get; set; } = MultipleTesting.BenjaminiHochberg;

    /// <summary>By how much the share of missing values may rise, 0 to 1.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0, 1.0)]
    public double MissingShareThreshold { get; set; } = 0.01;

    /// <summary>The share of rows that may have categories that the reference never had, 0 to 1.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0, 1.0)]
    public double NewCategoryShareThreshold { get; set; } = 0.01;

    /// <summary>The share of rows that may lie below the smallest or above the largest value of the reference, 0 to 1.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0, 1.0)]
    public double OutOfRangeShareThreshold { get; set; } = 0.01;

    /// <summary>Whether the rows as a whole are compared too, where the reference is a window of the log: by a classifier and by reconstruction from principal components.</summary>
    /// <value>The default value is true.</value>
    public bool TestsWholeVector { get; set; } = true;

    /// <summary>What differs for single features, by name.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, FeatureDriftOptions> Features { get; } = new Dictionary<string, FeatureDriftOptions>(StringComparer.Ordinal);
}
