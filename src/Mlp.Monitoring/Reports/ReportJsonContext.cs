using System.Text.Json.Serialization;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Reports;

/// <summary>How reports are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters =
    [
        typeof(EnumTermConverter<ModelTask>),
        typeof(JsonStringEnumConverter<DriftSeverity>),
        typeof(JsonStringEnumConverter<DriftMethod>),
        typeof(JsonStringEnumConverter<FindingKind>),
        typeof(JsonStringEnumConverter<DropReason>),
    ],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(MonitoringReport))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
