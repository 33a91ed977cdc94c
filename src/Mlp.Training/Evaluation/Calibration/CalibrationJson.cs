using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>A calibration as JSON, as it stands in the metadata of a saved model.</summary>
internal static class CalibrationJson
{
    /// <summary>Writes a calibration.</summary>
    public static string Serialize(ScoreCalibration calibration) => JsonSerializer.Serialize(
        new SavedCalibration(calibration.Name, calibration.RowCount, calibration.ScoreCount, calibration.Before, calibration.After, calibration.Calibrator.Function),
        CalibrationJsonContext.Default.SavedCalibration);

    /// <summary>Reads a calibration.</summary>
    /// <param name="json">What was written.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="CorruptFileException">It is none.</exception>
    public static ScoreCalibration Deserialize(ReadOnlySpan<byte> json, string path)
    {
        SavedCalibration saved;
        try
        {
            saved = JsonSerializer.Deserialize(json, CalibrationJsonContext.Default.SavedCalibration) ?? throw Damaged(path, "it is null");
        }
        catch (JsonException e)
        {
            throw Damaged(path, e.Message.TrimEnd('.'), e);
        }

        if (EnumTerms<CalibrationMethod>.Find(saved.Method) is not { } method)
        {
            throw Damaged(path, $"'{saved.Method}' is none of {string.Join(", ", EnumTerms<CalibrationMethod>.All.Select(t => $"'{t}'"))}");
        }

        return Calibrator.Restore(method, saved.Function, saved.ScoreCount) is { } calibrator
            ? ScoreCalibration.Restore(method, saved, calibrator)
            : throw Damaged(path, $"its numbers are not those of '{saved.Method}'");
    }

    private static CorruptFileException Damaged(string path, string found, Exception? cause = null)
        => new(path, $"Expected the calibration in the metadata of the ONNX file '{path}' as it was written, but it cannot be read: {found}.", innerException: cause);
}

/// <summary>What is written of a calibration.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="RowCount">Rows that it was fitted to.</param>
/// <param name="ScoreCount">Scores of a row.</param>
/// <param name="Before">Quality without it.</param>
/// <param name="After">Quality with it.</param>
/// <param name="Function">The numbers of the function, by name.</param>
internal sealed record SavedCalibration(
    string Method, int RowCount, int ScoreCount, CalibrationQuality Before, CalibrationQuality After, IReadOnlyDictionary<string, double[]> Function);

/// <summary>How calibrations are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedCalibration))]
internal sealed partial class CalibrationJsonContext : JsonSerializerContext;
