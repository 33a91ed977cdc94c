using System.Text.Json.Serialization;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Segments;

/// <summary>How the headers of segments are written as JSON: members of enumerations by their words, never by numbers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(EnumTermConverter<FeatureType>), typeof(EnumTermConverter<EntityValueKind>), typeof(EnumTermConverter<ModelTask>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SegmentHeader))]
[JsonSerializable(typeof(LabelSegmentHeader))]
internal sealed partial class SegmentHeaderJson : JsonSerializerContext;
