using System.Text.Json.Serialization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>One feature of a view.</summary>
/// <param name="Name">Column name: letters, digits and <c>_</c>, unique within the view without regard to case.</param>
/// <param name="Type">Type of its values; every feature may be null.</param>
/// <param name="Description">What the feature means; not part of the fingerprint.</param>
public sealed record FeatureField(string Name, FeatureType Type, string Description = "")
{
    /// <summary>
    /// Number of elements of a value: 1 for a single number, truth value or text; more for a vector (an embedding) of exactly that many float32 elements, which is null or present as a whole.
    /// </summary>
    /// <value>1 to <see cref="VectorLength.Maximum"/>; the default value is 1. Only float32 features have more than 1.</value>
    [JsonIgnore]
    public int Length { get; init; } = 1;

    /// <summary>Whether a value is a vector.</summary>
    [JsonIgnore]
    public bool IsVector => Length > 1;

    /// <summary>The type as messages name it: <c>Int64</c>, or <c>Float32[64]</c> for a vector.</summary>
    [JsonIgnore]
    internal string TypeName => VectorLength.Describe(Type, Length);

    /// <summary>The length in files: absent where it is 1.</summary>
    [JsonInclude]
    [JsonPropertyName("length")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal int? StoredLength
    {
        get => Length == 1 ? null : Length;
        init => Length = value ?? 1;
    }
}
