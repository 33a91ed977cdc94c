using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Evaluation;

/// <summary>Results of evaluations as JSON files.</summary>
internal static class EvaluationJson
{
    /// <summary>Writes a result.</summary>
    public static byte[] Serialize(EvaluationResult result) => JsonSerializer.SerializeToUtf8Bytes(result, EvaluationJsonContext.Default.EvaluationResult);

    /// <summary>Reads a result.</summary>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="CorruptFileException">It is no result.</exception>
    public static EvaluationResult Deserialize(ReadOnlySpan<byte> json, string path)
    {
        var result = VersionedJson.Read(json, path, EvaluationResult.FormatName, EvaluationResult.CurrentFormatVersion, EvaluationJsonContext.Default.EvaluationResult);
        return result.Slices.Any(s => s is null) || result.Notes.Any(n => n is null)
            ? throw new CorruptFileException(path, $"Expected no null within 'slices' and 'notes' in '{path}', but found one.")
            : result;
    }
}

/// <summary>How results are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(EnumTermConverter<ModelTask>)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(EvaluationResult))]
internal sealed partial class EvaluationJsonContext : JsonSerializerContext;
