using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Training.Export;

/// <summary>How a model is exported, and what it says of its outputs.</summary>
public sealed class ExportOptions
{
    internal const double DefaultPrecisionLimit = 0.05;

    private const int OldestOpset = 17;
    private const int NewestOpset = 23;

    /// <summary>Names of the classes in the order of their numbers, all different, one for each; empty for those of the labels. Other words than the labels have are fine, their order is not. Not for regression and ranking.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyList<string> ClassNames { get; set; } = [];

    /// <summary>The probability at and above which class 1 is said, 0 to 1. For two classes only.</summary>
    /// <value>The default value is 0.5.</value>
    [Range(0.0, 1.0)]
    public double DecisionThreshold { get; set; } = 0.5;

    /// <summary>What makes the scores of a classifier come true; it becomes part of the file.</summary>
    /// <value>The default value is null: scores stay as they were trained.</value>
    public ScoreCalibration? Calibration { get; set; }

    /// <summary>What the label is, in a sentence.</summary>
    /// <value>The default value is null.</value>
    public string? LabelDefinition { get; set; }

    /// <summary>Unit of a regression's label. For regressions only.</summary>
    /// <value>The default value is null.</value>
    public string? LabelUnit { get; set; }

    /// <summary>How the reference profile keeps quantiles of numbers beside its bins. <see cref="QuantileSketchKind.Kll"/> tells values apart that lie within 2 % of each other, such as years or temperatures in kelvin.</summary>
    /// <value>The default value is <see cref="QuantileSketchKind.DDSketch"/>.</value>
    [EnumDataType(typeof(QuantileSketchKind))]
    public QuantileSketchKind ReferenceQuantileSketch { get; set; } = QuantileSketchKind.DDSketch;

    /// <summary>
    /// How many of the rows that prove the export are kept with the model as golden rows, 0 to 64. They are real rows that everybody can read who can read the model; 0 keeps none.
    /// </summary>
    /// <value>The default value is 16.</value>
    [Range(0, GoldenRows.MaximumCount)]
    public int GoldenRowCount { get; set; } = 16;

    /// <summary>
    /// Largest |file − trained| / max(1, |trained|, s) with which there is a model, 0.000000001 to 1, on real rows and on rows with missing values; s is the standard deviation of a regression's training labels, and 1 else. Very deep networks may need more than the default.
    /// </summary>
    /// <value>The default value is null, which stands for what the trainer holds itself to: 0.00001.</value>
    [Range(1e-9, 1.0)]
    public double? Tolerance { get; set; }

    /// <summary>
    /// The same on rows with extreme values; infinity only records the difference. A network whose inputs are not cut off computes with numbers up to the end of float32 there, where
    /// rounding is coarse and sums become infinite.
    /// </summary>
    /// <value>The default value is null, which stands for <see cref="Tolerance"/>.</value>
    [Range(1e-9, double.PositiveInfinity)]
    public double? ExtremeTolerance { get; set; }

    /// <summary>
    /// Version of ONNX's operators in the file, 17 to 23: at least what the model's operators need, and at most what the runtime reads that serves it.
    /// </summary>
    /// <value>The default value is null, which stands for the oldest one that the model's operators allow: 17, or 21 for trees.</value>
    [Range(OldestOpset, NewestOpset)]
    public int? Opset { get; set; }

    /// <summary>The numbers that a network computes with.</summary>
    /// <value>The default value is <see cref="ExportPrecision.Float32"/>.</value>
    [EnumDataType(typeof(ExportPrecision))]
    public ExportPrecision Precision { get; set; } = ExportPrecision.Float32;

    /// <summary>Largest |narrow − float32| / max(1, |float32|, s) with which there is a model of narrower numbers, 0.000000001 to 1. Only with a narrower <see cref="Precision"/>.</summary>
    /// <value>The default value is 0.05.</value>
    [Range(1e-9, 1.0)]
    public double PrecisionLimit { get; set; } = DefaultPrecisionLimit;

    /// <summary>What else the file says of where it came from.</summary>
    public LineageOptions Lineage { get; set; } = new();
}
