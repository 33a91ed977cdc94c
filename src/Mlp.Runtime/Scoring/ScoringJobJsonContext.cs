using System.Text.Json.Serialization;

namespace Mlp.Runtime.Scoring;

/// <summary>How jobs are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(ScoringJob))]
[JsonSerializable(typeof(FinishedOutput))]
internal sealed partial class ScoringJobJsonContext : JsonSerializerContext;
