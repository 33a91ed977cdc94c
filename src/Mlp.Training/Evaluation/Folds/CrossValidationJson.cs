using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>Results of cross-validations as JSON files.</summary>
internal static class CrossValidationJson
{
    /// <summary>Name of the document, for messages about one that is in no file.</summary>
    public const string FileName = "cross-validation.json";

    private const string FormatName = "mlp-cross-validation";

    /// <summary>Writes a result.</summary>
    public static byte[] Serialize(CrossValidationResult result)
    {
        var (predictions, rows) = (result.Predictions, result.Predictions.Rows);
        var document = new SavedCrossValidation
        {
            Format = FormatName,
            FormatVersion = VersionedJson.FirstVersion,
            Task = result.Task,
            Folds = result.Folds,
            Metrics = result.Metrics,
            OutOfFold = result.OutOfFold,
            Scores = predictions.Scores.ToArray(),
            ScoreCount = predictions.ScoreCount,
            FoldOfRows = predictions.Folds,
            RowNumbers = [.. predictions.RowNumbers],
            Labels = rows.Labels.ToArray(),
            Weights = rows.Weights.ToArray(),
            Groups = rows.Groups.ToArray(),
            ClassNames = rows.ClassNames,
            TestShare = result.TestShare,
            FoldFingerprint = result.FoldFingerprint,
            RunId = result.RunId,
            Notes = result.Notes,
        };
        return JsonSerializer.SerializeToUtf8Bytes(document, CrossValidationJsonContext.Default.SavedCrossValidation);
    }

    /// <summary>Reads a result.</summary>
    /// <param name="json">What was written.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="CorruptFileException">It is no result.</exception>
    public static CrossValidationResult Deserialize(ReadOnlySpan<byte> json, string path)
    {
        var saved = VersionedJson.Read(json, path, FormatName, VersionedJson.FirstVersion, CrossValidationJsonContext.Default.SavedCrossValidation);
        if (saved.Folds.Count == 0 || saved.Folds.Any(f => f is not { Result: not null }) || saved.Metrics.Values.Any(m => m is not { Values: not null }) || saved.Notes.Any(n => n is null))
        {
            throw new CorruptFileException(path, $"Expected at least one fold, and no null within 'folds', 'metrics' and 'notes' in '{path}', but found others.");
        }

        try
        {
            return new()
            {
                Task = saved.Task,
                Folds = saved.Folds,
                Metrics = new SortedDictionary<string, FoldMetric>(saved.Metrics.ToDictionary(), StringComparer.Ordinal),
                OutOfFold = saved.OutOfFold,
                Predictions = new(saved.Scores, saved.ScoreCount, saved.FoldOfRows, RowsOf(saved), saved.RowNumbers),
                TestShare = saved.TestShare,
                FoldFingerprint = saved.FoldFingerprint,
                RunId = saved.RunId,
                Notes = saved.Notes,
            };
        }
        catch (ArgumentException e)
        {
            throw new CorruptFileException(path, $"Expected predictions with a label for each row that was tested in '{path}', but they do not fit each other: {e.Message}", innerException: e);
        }
    }

    private static ScoredRows RowsOf(SavedCrossValidation saved)
    {
        var count = saved.ScoreCount;
        if (count < 1 || saved.Scores.Length != (long)saved.FoldOfRows.Count * count || Array.Exists(saved.RowNumbers, r => r < 0 || r >= saved.FoldOfRows.Count))
        {
            throw new ArgumentException("the scores are not those of the rows.", nameof(saved));
        }

        double[] scores = [.. saved.RowNumbers.SelectMany(row => new ArraySegment<double>(saved.Scores, row * count, count))];
        return saved.Task switch
        {
            ModelTask.BinaryClassification => ScoredRows.Binary(scores, saved.Labels, saved.Weights),
            ModelTask.Regression => ScoredRows.Regression(scores, saved.Labels, saved.Weights),
            ModelTask.MulticlassClassification => ScoredRows.Multiclass(scores, Array.ConvertAll(saved.Labels, l => (int)l), saved.ClassNames, saved.Weights),
            ModelTask.Ranking => ScoredRows.Ranking(scores, saved.Labels, saved.Groups, saved.Weights),
            _ => throw new ArgumentException($"{saved.Task} has no scores.", nameof(saved)),
        };
    }
}

/// <summary>What is written of a cross-validation. Of predictions the rows' scores are those of all rows at their numbers.</summary>
internal sealed record SavedCrossValidation
{
    [JsonPropertyOrder(-2)]
    public required string Format { get; init; }

    [JsonPropertyOrder(-1)]
    public required int FormatVersion { get; init; }

    public required ModelTask Task { get; init; }

    public required IReadOnlyList<FoldResult> Folds { get; init; }

    public required IReadOnlyDictionary<string, FoldMetric> Metrics { get; init; }

    public required EvaluationResult OutOfFold { get; init; }

    public required double[] Scores { get; init; }

    public required int ScoreCount { get; init; }

    public required IReadOnlyList<int> FoldOfRows { get; init; }

    public required int[] RowNumbers { get; init; }

    public required double[] Labels { get; init; }

    public required double[] Weights { get; init; }

    public required ulong[] Groups { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required double TestShare { get; init; }

    public required string FoldFingerprint { get; init; }

    public string? RunId { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>How cross-validations are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(EnumTermConverter<ModelTask>)],
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SavedCrossValidation))]
internal sealed partial class CrossValidationJsonContext : JsonSerializerContext;
