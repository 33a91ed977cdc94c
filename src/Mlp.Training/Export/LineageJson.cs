using System.Text.Json.Serialization;

namespace Mlp.Training.Export;

/// <summary>How the parts of a lineage that are lists are written.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, double>))]
internal sealed partial class LineageJson : JsonSerializerContext;
