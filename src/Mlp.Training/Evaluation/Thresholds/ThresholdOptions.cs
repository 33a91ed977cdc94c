using System.ComponentModel.DataAnnotations;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>How a threshold is chosen.</summary>
public sealed class ThresholdOptions
{
    /// <summary>Resamples of the rows that the intervals are taken from, 0 to 1,000,000; with 0 there are none.</summary>
    /// <value>The default value is 500.</value>
    [Range(0, 1_000_000)]
    public int BootstrapSamples { get; set; } = 500;

    /// <summary>Decides the resamples.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>Costs that are told beside a rule that does not ask for them.</summary>
    /// <value>The default value is null.</value>
    public CostMatrix? Costs { get; set; }

    /// <summary>The calibration that a fitted model is exported with: the threshold is for calibrated scores. An exported model has its own.</summary>
    /// <value>The default value is null.</value>
    public ScoreCalibration? Calibration { get; set; }
}
