using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Scoring;

/// <summary>What the parts in a work folder are parts of. Written before the first one.</summary>
internal sealed record ScoringJob
{
    /// <summary>The newest format that is read.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "mlp-scoring-job";

    [JsonPropertyOrder(-2)]
    public string Format { get; } = FormatName;

    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>Full path of the input.</summary>
    public required string Input { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long InputByteCount { get; init; }

    /// <summary>When it was last written.</summary>
    public required DateTimeOffset InputModifiedAt { get; init; }

    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>The version that scores all rows, whatever the alias says meanwhile.</summary>
    public required int ModelVersion { get; init; }

    /// <summary>The hash of its file.</summary>
    public required string OnnxSha256 { get; init; }

    /// <summary>SHA-256 of the rules for features without a value, <see cref="Inference.NullRules.Sha256"/>.</summary>
    public required string NullRulesSha256 { get; init; }

    /// <summary>The columns that are kept; null for all.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>How probabilities are written.</summary>
    public required string Probabilities { get; init; }

    /// <summary>Whether labels are written.</summary>
    public required bool IncludeLabel { get; init; }

    /// <summary>What differs between this job and another one, as the rest of a sentence; null when nothing does. The version may differ: the job keeps its own.</summary>
    /// <param name="other">The other job.</param>
    public string? FindDifference(ScoringJob other)
        => Input != other.Input ? $"the file '{Input}'"
            : InputByteCount != other.InputByteCount || InputModifiedAt != other.InputModifiedAt ? $"an earlier content of '{Input}'"
            : Model != other.Model ? $"model '{Model}'"
            : !(Columns ?? []).SequenceEqual(other.Columns ?? []) || Columns is null != other.Columns is null || Probabilities != other.Probabilities || IncludeLabel != other.IncludeLabel
                ? "other options"
                : null;
}
