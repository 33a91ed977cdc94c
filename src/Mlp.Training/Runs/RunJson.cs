using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>How descriptions and entries are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(RunHeader))]
[JsonSerializable(typeof(RunSegmentHeader))]
internal sealed partial class RunJson : JsonSerializerContext;

/// <summary>How entries are written: on one line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(EnumTermConverter<RunStatus>)])]
[JsonSerializable(typeof(RunFact))]
internal sealed partial class RunFactJson : JsonSerializerContext;
