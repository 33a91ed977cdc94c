using System.Text.Json.Serialization;

namespace Mlp.Spark.Commands;

/// <summary>The JSON of commands. A property that is not known is an error: a worker that left it out would compute something else.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScoreCommand))]
[JsonSerializable(typeof(MethodCommand))]
[JsonSerializable(typeof(OnDemandCommand))]
internal sealed partial class CommandJson : JsonSerializerContext;
