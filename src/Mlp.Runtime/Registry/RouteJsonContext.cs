using System.Text.Json.Serialization;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>How changes of routes are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(EnumTermConverter<CanaryStatus>)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(RouteRevision))]
internal sealed partial class RouteJsonContext : JsonSerializerContext;
