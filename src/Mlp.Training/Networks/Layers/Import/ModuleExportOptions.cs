using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>How an application's own module is written and proved.</summary>
public sealed class ModuleExportOptions
{
    /// <summary>Version of ONNX's operators in the file, 17 to 23.</summary>
    /// <value>The default value is 17.</value>
    [Range(17, 23)]
    public int Opset { get; set; } = OnnxGraphBuilder.DefaultOpset;

    /// <summary>Largest |file − module| / max(1, |module|, deviation of a regression's answers) on the sample with which there is a file, 0.000000001 to 1.</summary>
    /// <value>The default value is 0.00001.</value>
    [Range(1e-9, 1.0)]
    public double Tolerance { get; set; } = OnnxExporter.Tolerance;

    /// <summary>
    /// The same on rows in which values are NaN or extreme; infinity only records the difference. A module of plain layers has no rule for missing values, and computes with numbers up to the end of float32 there.
    /// </summary>
    /// <value>The default value is infinity.</value>
    [Range(1e-9, double.PositiveInfinity)]
    public double UnusualTolerance { get; set; } = double.PositiveInfinity;

    /// <summary>How many rows of the sample are kept in a package as golden rows, 0 to 64. Everybody can read them who can read the model.</summary>
    /// <value>The default value is 16.</value>
    [Range(0, GoldenRows.MaximumCount)]
    public int GoldenRowCount { get; set; } = 16;
}
