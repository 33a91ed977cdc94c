using System.Text.Json.Serialization;

namespace Mlp.Spark.Commands;

/// <summary>The null policies of a command.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NullPolicyName>))]
internal enum NullPolicyName
{
    /// <summary>As the model serves: what it was made for, else NaN for floats and an error for anything else.</summary>
    [JsonStringEnumMemberName("automatic")]
    Automatic,

    /// <summary>The task fails with a sentence.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>NaN; for floats only.</summary>
    [JsonStringEnumMemberName("nan")]
    NaN,

    /// <summary>A value of the feature's type.</summary>
    [JsonStringEnumMemberName("value")]
    Value,

    /// <summary>The answers of the row are null.</summary>
    [JsonStringEnumMemberName("propagate")]
    Propagate,
}
