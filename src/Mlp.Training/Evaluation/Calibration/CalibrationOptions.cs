using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>How a calibration is fitted.</summary>
public sealed class CalibrationOptions
{
    /// <summary>The function.</summary>
    /// <value>The default value is null, which stands for <see cref="CalibrationMethod.Platt"/> with two classes and <see cref="CalibrationMethod.Temperature"/> with more.</value>
    [EnumDataType(typeof(CalibrationMethod))]
    public CalibrationMethod? Method { get; set; }

    /// <summary>Which share of the rows that a model was not trained on is fitted to, the last ones by time; above 0 and up to 1. Only for <see cref="ScoreCalibration.FitOnHeldOut"/>.</summary>
    /// <value>The default value is 1.</value>
    [Range(0.0001, 1.0)]
    public double HeldOutShare { get; set; } = 1;

    /// <summary>Rows without which nothing is fitted, 20 to 1,000,000,000.</summary>
    /// <value>The default value is 50.</value>
    [Range(20, 1_000_000_000)]
    public int MinimumRows { get; set; } = 50;

    /// <summary>Parts of the rows of which each is measured by a function fitted to the others, 2 to 100, so that the quality after calibration is not measured on the rows that were fitted.</summary>
    /// <value>The default value is 5.</value>
    [Range(2, 100)]
    public int Folds { get; set; } = 5;

    /// <summary>Decides the parts.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }
}
