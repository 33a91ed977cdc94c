namespace Mlp.Training.Export;

/// <summary>The numbers that an exported network computes with. Inputs, outputs and what turns features into inputs stay as they are in any case.</summary>
public enum ExportPrecision
{
    /// <summary>Float32, as it was trained.</summary>
    Float32,

    /// <summary>
    /// Float16 up to the last layer, for half the size: weights, and values between layers, of operators that take it. What follows the last layer (probabilities, the label's unit) stays float32.
    /// </summary>
    Float16,

    /// <summary>
    /// Int8 weights of dense layers, with a scale for each output, and inputs of these layers that are rounded to 8 bits as they come, with a scale for each row: a quarter of the size. Everything
    /// else stays float32.
    /// </summary>
    Int8,
}
