using System.Text.Json.Serialization;

namespace Mlp.Runtime.Data;

/// <summary>One feature as a column of a feature service or a training set.</summary>
/// <param name="Name">Column name, unique within the service.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="View">Name of the feature view or on-demand view that it comes from.</param>
[method: JsonConstructor]
public sealed record FeatureColumn(string Name, FeatureType Type, string View)
{
    /// <summary>The view of features that come from no feature store.</summary>
    public const string NoView = "features";

    /// <summary>A feature that comes from no feature store: its view is <see cref="NoView"/>.</summary>
    /// <param name="name">Column name.</param>
    /// <param name="type">Type of its values.</param>
    public FeatureColumn(string name, FeatureType type)
        : this(name, type, NoView)
    {
    }

    /// <summary>
    /// Number of elements of a value: 1 for a single number, truth value or text; more for a vector (an embedding) of exactly that many float32 elements, which has one status as a whole.
    /// </summary>
    /// <value>1 to <see cref="VectorLength.Maximum"/>; the default value is 1. Only float32 features have more than 1.</value>
    [JsonIgnore]
    public int Length { get; init; } = 1;

    /// <summary>Whether a value is a vector.</summary>
    [JsonIgnore]
    public bool IsVector => Length > 1;

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
