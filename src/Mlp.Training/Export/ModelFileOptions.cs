using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Export;

/// <summary>How a model is saved.</summary>
public sealed class ModelFileOptions
{
    /// <summary>
    /// Weights of at least so many bytes go to a second file beside the ONNX file (<c>external_data</c>), 4,096 to 1,073,741,824. Its name says its content, so that neither file fits another one's
    /// partner.
    /// </summary>
    /// <value>The default value is null: all in one file.</value>
    [Range(4096, 1 << 30)]
    public int? ExternalDataThreshold { get; set; }

    /// <summary>Whether the golden rows are in the file's metadata. They are real rows, which everybody can read who has the file.</summary>
    /// <value>The default value is false.</value>
    public bool IncludeGoldenRows { get; set; }

    /// <summary>Whether a file of that name may be replaced.</summary>
    /// <value>The default value is false.</value>
    public bool Overwrite { get; set; }
}
