using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>Source-generated JSON of estimators.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PerformanceEstimator.Document))]
[JsonSerializable(typeof(MulticlassPerformanceEstimator.Document), TypeInfoPropertyName = "MulticlassDocument")]
[JsonSerializable(typeof(DirectLossEstimator.Document), TypeInfoPropertyName = "LossDocument")]
[JsonSerializable(typeof(BoostedTrees.Document), TypeInfoPropertyName = "TreesDocument")]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class EstimatorJson : JsonSerializerContext;
