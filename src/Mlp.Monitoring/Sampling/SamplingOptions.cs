using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Sampling;

/// <summary>
/// Which predictions of a model are written down. The draw is a hash of the request or of the entity, so that every process decides alike; the rules keep what is rare. What is left out is counted,
/// and still seen by all that watches the live stream.
/// </summary>
public sealed class SamplingOptions
{
    /// <summary>The share of requests or entities whose predictions are kept, 0 to 1.</summary>
    /// <value>The default value is 1: all. With 0 only what a rule keeps is written, and the weights can stand for nothing else.</value>
    [Range(0.0, 1.0)]
    public double Rate { get; set; } = 1;

    /// <summary>What is drawn.</summary>
    /// <value>The default value is <see cref="SamplingUnit.Request"/>.</value>
    [EnumDataType(typeof(SamplingUnit))]
    public SamplingUnit Unit { get; set; }

    /// <summary>Whether predictions that the model did not answer are kept: errors, time-outs, what was cancelled or shed.</summary>
    /// <value>The default value is true.</value>
    public bool KeepFailures { get; set; } = true;

    /// <summary>How far from the decision threshold of its model a score may lie to be kept, at least 0; null for no such rule.</summary>
    /// <value>The default value is null.</value>
    [Range(0.0, double.MaxValue)]
    public double? ThresholdMargin { get; set; }

    /// <summary>Names of tags; a prediction that has one of them is kept.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> KeptTags { get; } = [];

    internal PredictionRule? Rule { get; private set; }

    /// <summary>Keeps the predictions that a rule of the application names. Of several rules each keeps its own.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>The options.</returns>
    public SamplingOptions KeepWhere(PredictionRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Rule = Rule is { } first ? (in Runtime.Predictions.PredictionRecord record) => first(record) || rule(record) : rule;
        return this;
    }
}
