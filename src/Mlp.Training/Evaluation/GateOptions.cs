using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Hosting;
using Mlp.Training.Evaluation.Comparison;

namespace Mlp.Training.Evaluation;

/// <summary>When a challenger may become champion.</summary>
public sealed class GateOptions
{
    /// <summary>What models are compared by.</summary>
    /// <value>The default value is null, which stands for AUC (binary classification), root mean squared error (regression), log loss (several classes) and NDCG (ranking).</value>
    [EnumDataType(typeof(GateMetric))]
    public GateMetric? Metric { get; set; }

    /// <summary>By how much the challenger must be better, in the metric's unit, 0 to 1,000,000. With 0 it must be better at all: a tie keeps the champion.</summary>
    /// <value>The default value is 0.</value>
    [Range(0.0, 1_000_000.0)]
    public double MinimumImprovement { get; set; }

    /// <summary>By how much the log loss of a classifier may rise at most, in nats, 0 to 100, so that a better ranking is not bought with worse probabilities.</summary>
    /// <value>The default value is 0.05.</value>
    [Range(0.0, 100.0)]
    public double MaximumLogLossIncrease { get; set; } = 0.05;

    /// <summary>Rows without which there is no verdict, 1 to 1,000,000,000.</summary>
    /// <value>The default value is 100.</value>
    [Range(1, 1_000_000_000)]
    public int MinimumRows { get; set; } = 100;

    /// <summary>
    /// Rows of the rarer class without which there is no verdict on a classifier of two classes, 1 to 1,000,000,000: intervals and tests from fewer cover less often than they say. By a metric that averages over
    /// several classes it is asked of each class that has rows.
    /// </summary>
    /// <value>The default value is 30.</value>
    [Range(1, 1_000_000_000)]
    public int MinimumClassRows { get; set; } = 30;

    /// <summary>
    /// Resamples of the rows from which the confidence interval of the improvement is taken, 0 to 1,000,000. With any, a challenger whose improvement may be chance is
    /// <see cref="GateDecision.Inconclusive"/>; with 0 there is no interval.
    /// </summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1_000_000)]
    public int BootstrapSamples { get; set; }

    /// <summary>Probability that the interval covers the improvement, 0.5 to 0.9999.</summary>
    /// <value>The default value is 0.95.</value>
    [Range(0.5, 0.9999)]
    public double Confidence { get; set; } = 0.95;

    /// <summary>By what it is told whether an improvement may be chance.</summary>
    /// <value>The default value is null: for <see cref="ChampionGate"/> the bootstrap where <see cref="BootstrapSamples"/> asks for it, and no test else; for <see cref="ModelComparison"/> the best one for the metric.</value>
    [EnumDataType(typeof(PairedTest))]
    public PairedTest? Test { get; set; }

    /// <summary>For ranking: the column whose equal neighbours are the answers to one query.</summary>
    /// <value>The default value is null.</value>
    public string? GroupColumn { get; set; }

    /// <summary>Decides the resamples: the same seed and rows give the same interval.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>The same settings.</summary>
    internal GateOptions Copy() => (GateOptions)MemberwiseClone();

    /// <summary>The same settings with a number of resamples.</summary>
    internal GateOptions WithBootstrap(int sampleCount)
    {
        var copy = Copy();
        copy.BootstrapSamples = sampleCount;
        return copy;
    }

    /// <summary>What is wrong with the settings, as sentences.</summary>
    /// <param name="path">How the sentences name these options.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal List<string> FindFailures(string path = nameof(GateOptions), char separator = '.') => SettingsRanges.FindFailures(path, this, separator);
}
