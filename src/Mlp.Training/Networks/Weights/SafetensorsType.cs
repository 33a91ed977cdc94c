namespace Mlp.Training.Networks.Weights;

/// <summary>Element types of safetensors that networks use; the names are those of the format.</summary>
public enum SafetensorsType
{
    /// <summary>IEEE binary32.</summary>
    F32,

    /// <summary>IEEE binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,

    /// <summary>IEEE binary64; read only.</summary>
    F64,

    /// <summary>Integers of 64 bits.</summary>
    I64,
}
