using System.Text.Json.Serialization;

namespace Mlp.Runtime.Registry;

/// <summary>How moves of aliases are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(AliasRevision))]
internal sealed partial class AliasJsonContext : JsonSerializerContext;
