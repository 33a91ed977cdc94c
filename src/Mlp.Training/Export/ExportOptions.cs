using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Training.Export;

/// <summary>What an exported model says of its outputs.</summary>
public sealed class ExportOptions
{
    /// <summary>Names of the classes 0 and 1; empty, or two different names. Not for regression.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyList<string> ClassNames { get; set; } = [];

    /// <summary>The probability at and above which class 1 is said, 0 to 1.</summary>
    /// <value>The default value is 0.5.</value>
    [Range(0.0, 1.0)]
    public double DecisionThreshold { get; set; } = 0.5;

    /// <summary>What makes the scores of a classifier come true; it becomes part of the file.</summary>
    /// <value>The default value is null: scores stay as they were trained.</value>
    public ScoreCalibration? Calibration { get; set; }

    /// <summary>What the label is, in a sentence.</summary>
    /// <value>The default value is null.</value>
    public string? LabelDefinition { get; set; }

    /// <summary>Unit of a regression's label.</summary>
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
}
