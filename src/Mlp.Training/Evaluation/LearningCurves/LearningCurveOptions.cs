using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Evaluation.LearningCurves;

/// <summary>How a learning curve is measured.</summary>
public sealed class LearningCurveOptions
{
    /// <summary>Shares of the training rows that are trained on, each above 0 and up to 1, at least two, in ascending order.</summary>
    /// <value>The default value is 0.1, 0.2, 0.4, 0.7 and 1.</value>
    public IReadOnlyList<double> Shares { get; set; } = [0.1, 0.2, 0.4, 0.7, 1];

    /// <summary>How often each share is drawn and trained, 1 to 100. What repeats differ by is what the curve cannot tell.</summary>
    /// <value>The default value is 3.</value>
    [Range(1, 100)]
    public int Repeats { get; set; } = 3;

    /// <summary>Decides which rows are drawn, and the seeds of the trainers.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>What is measured.</summary>
    /// <value>The default value is null, which stands for AUC, for the log loss (several classes), the root mean squared error (regression) and NDCG (ranking).</value>
    [EnumDataType(typeof(GateMetric))]
    public GateMetric? Metric { get; set; }

    /// <summary>For ranking: the column whose equal neighbours are the answers to one query. Rows of a query are drawn one by one.</summary>
    /// <value>The default value is null.</value>
    public string? GroupColumn { get; set; }

    /// <summary>By which share of the error the next doubling of the rows must lower it for more rows to be said to help, 0 to 1.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0, 1.0)]
    public double WorthwhileGain { get; set; } = 0.01;

    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    internal void ThrowIfViolated()
    {
        OptionRanges.ThrowIfViolated(this);
        if (Shares is not { Count: >= 2 } || Shares.Any(s => !(s is > 0 and <= 1)) || Shares.Zip(Shares.Skip(1)).Any(p => p.First >= p.Second))
        {
            throw new ArgumentException($"Expected at least two shares above 0 and up to 1, in ascending order, but found {string.Join(", ", (Shares ?? []).Select(s => FormattableString.Invariant($"{s}")))}.", nameof(Shares));
        }
    }
}
