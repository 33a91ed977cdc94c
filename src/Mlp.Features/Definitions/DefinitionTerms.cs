using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>The words for types in stored definitions and fingerprints. They never change, whatever the enums are called.</summary>
internal static class DefinitionTerms
{
    private static readonly (FeatureType Value, string Term)[] Types =
    [
        (FeatureType.Float32, "float32"), (FeatureType.Float64, "float64"), (FeatureType.Int64, "int64"), (FeatureType.Boolean, "boolean"), (FeatureType.String, "string"),
    ];

    private static readonly (EntityValueKind Value, string Term)[] Kinds =
    [
        (EntityValueKind.Int64, "int64"), (EntityValueKind.String, "string"), (EntityValueKind.Guid, "guid"),
    ];

    /// <summary>The word for a feature type.</summary>
    /// <param name="type">The type.</param>
    internal static string Of(FeatureType type) => Find(Types, type);

    /// <summary>The word for a kind of key.</summary>
    /// <param name="kind">The kind.</param>
    internal static string Of(EntityValueKind kind) => Find(Kinds, kind);

    private static string Find<T>((T Value, string Term)[] terms, T value)
        where T : struct, Enum
    {
        foreach (var (known, term) in terms)
        {
            if (EqualityComparer<T>.Default.Equals(known, value))
            {
                return term;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(value), value, "Expected a type that a definition can have.");
    }

    private static T Parse<T>((T Value, string Term)[] terms, ref Utf8JsonReader reader)
        where T : struct, Enum
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            foreach (var (value, term) in terms)
            {
                if (reader.ValueTextEquals(term))
                {
                    return value;
                }
            }
        }

        throw new JsonException($"Expected one of {string.Join(", ", terms.Select(t => $"'{t.Term}'"))}.");
    }

    /// <summary>Feature types in JSON.</summary>
    internal sealed class FeatureTypeConverter : JsonConverter<FeatureType>
    {
        /// <inheritdoc/>
        public override FeatureType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(Types, ref reader);

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, FeatureType value, JsonSerializerOptions options) => writer.WriteStringValue(Of(value));
    }

    /// <summary>Kinds of keys in JSON.</summary>
    internal sealed class KeyKindConverter : JsonConverter<EntityValueKind>
    {
        /// <inheritdoc/>
        public override EntityValueKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(Kinds, ref reader);

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, EntityValueKind value, JsonSerializerOptions options) => writer.WriteStringValue(Of(value));
    }
}
