using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models;

/// <summary>How manifests are written as JSON. A metric that is no number is written as "NaN", because a model without positive rows has no AUC.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(EnumTermConverter<FeatureType>), typeof(EnumTermConverter<TensorElementKind>), typeof(EnumTermConverter<ModelTask>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ModelManifestJsonContext : JsonSerializerContext;
