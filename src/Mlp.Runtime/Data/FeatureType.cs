namespace Mlp.Runtime.Data;

/// <summary>The type of a feature. The numbers are part of the file formats and never change.</summary>
public enum FeatureType
{
    /// <summary>32-bit IEEE float.</summary>
    Float32 = 1,

    /// <summary>64-bit IEEE float.</summary>
    Float64 = 2,

    /// <summary>64-bit signed integer. It never travels through a float.</summary>
    Int64 = 3,

    /// <summary>Truth value, one byte: 0 or 1.</summary>
    Boolean = 4,

    /// <summary>UTF-8 text, compared ordinally.</summary>
    String = 5,
}
