using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The JSON form of a reference profile, versions 1 and 2. Its names are a file format: they do not follow renames of the public types.
/// </summary>
internal sealed class ReferenceProfileDocument
{
    public required string Format { get; init; }

    public required int FormatVersion { get; init; }

    public required long RowCount { get; init; }

    public required FeatureDocument[] Features { get; init; }

    public ScoreDocument? Score { get; init; }

    /// <summary>Categories; earlier readers pass over it.</summary>
    public FeatureDocument? PredictedClass { get; init; }

    /// <summary>A document of its own (<see cref="Estimation.PerformanceEstimator"/>) with its own version; earlier readers pass over it.</summary>
    public JsonElement? Estimator { get; init; }

    /// <summary>The same of several classes (<see cref="Estimation.MulticlassPerformanceEstimator"/>).</summary>
    public JsonElement? ClassEstimator { get; init; }

    /// <summary>The same of a regression's errors (<see cref="Estimation.DirectLossEstimator"/>).</summary>
    public JsonElement? LossEstimator { get; init; }

    internal sealed class FeatureDocument
    {
        public required string Name { get; init; }

        public required long RowCount { get; init; }

        public required long MissingCount { get; init; }

        /// <summary>Exactly one of <see cref="Numeric"/> and <see cref="Categorical"/> is there.</summary>
        public NumericDocument? Numeric { get; init; }

        public CategoricalDocument? Categorical { get; init; }

        /// <summary>From version 2 on: the same rows as sketches, in the bytes of a column of a data profile.</summary>
        public byte[]? Sketches { get; init; }
    }

    internal sealed class NumericDocument
    {
        public required double Mean { get; init; }

        public required double StandardDeviation { get; init; }

        public required double Minimum { get; init; }

        public required double Maximum { get; init; }

        public required double[] Edges { get; init; }

        public required long[] Counts { get; init; }

        /// <summary>The same rows over bins of equal width; earlier readers pass over it.</summary>
        public BinsDocument? EqualWidth { get; init; }
    }

    internal sealed class BinsDocument
    {
        public required double[] Edges { get; init; }

        public required long[] Counts { get; init; }
    }

    internal sealed class CategoricalDocument
    {
        public required CategoryDocument[] Categories { get; init; }

        public required long OtherCount { get; init; }

        /// <summary>
        /// XXH3 hashes of the rare categories, ascending, eight bytes each, little-endian; absent where there were too many.
        /// </summary>
        public byte[]? RareCategories { get; init; }
    }

    internal sealed class CategoryDocument
    {
        public required string Name { get; init; }

        public required long Count { get; init; }
    }

    internal sealed class ScoreDocument
    {
        public required FeatureDocument Distribution { get; init; }

        public long[]? Histogram { get; init; }
    }
}

/// <summary>Source-generated reader and writer: no reflection, so that it works trimmed and ahead of time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ReferenceProfileDocument))]
internal sealed partial class ReferenceProfileJsonContext : JsonSerializerContext;
