using System.Text.Json.Serialization;

namespace Mlp.Runtime.Data;

/// <summary>The type of a feature. The numbers and the words are part of file formats and never change.</summary>
public enum FeatureType
{
    /// <summary>32-bit IEEE float.</summary>
    [JsonStringEnumMemberName("float32")]
    Float32 = 1,

    /// <summary>64-bit IEEE float.</summary>
    [JsonStringEnumMemberName("float64")]
    Float64 = 2,

    /// <summary>64-bit signed integer. It never travels through a float.</summary>
    [JsonStringEnumMemberName("int64")]
    Int64 = 3,

    /// <summary>Truth value, one byte: 0 or 1.</summary>
    [JsonStringEnumMemberName("boolean")]
    Boolean = 4,

    /// <summary>UTF-8 text, compared ordinally.</summary>
    [JsonStringEnumMemberName("string")]
    String = 5,
}
