using System.Text.Json.Serialization;

namespace Mlp.Features.Online;

/// <summary>The JSON files of the online store.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OnlineViewDocument))]
[JsonSerializable(typeof(OnlineCheckpointManifest))]
[JsonSerializable(typeof(WriteAheadHeader))]
internal sealed partial class OnlineJson : JsonSerializerContext;
