namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>What a profiled column holds. The numbers are part of a file format and never change.</summary>
public enum ProfileColumnType
{
    /// <summary>32-bit floats.</summary>
    Float32 = 1,

    /// <summary>64-bit floats; 16-bit ones are widened.</summary>
    Float64 = 2,

    /// <summary>Integers of any width.</summary>
    Int64 = 3,

    /// <summary>Truth values, 0 and 1 in moments and quantiles.</summary>
    Boolean = 4,

    /// <summary>Texts, also those of a dictionary.</summary>
    String = 5,

    /// <summary>Times and dates, in microseconds UTC; there are no quantiles of them.</summary>
    Timestamp = 6,

    /// <summary>Vectors of floats; moments and quantiles are those of their Euclidean norm.</summary>
    Vector = 7,

    /// <summary>Bytes, of which only nulls and distinct values are counted.</summary>
    Binary = 8,

    /// <summary>Anything else, of which only nulls are counted.</summary>
    Other = 9,
}
