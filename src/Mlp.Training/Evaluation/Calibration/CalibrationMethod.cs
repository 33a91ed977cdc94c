using System.Text.Json.Serialization;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>How scores are turned into probabilities that come true.</summary>
public enum CalibrationMethod
{
    /// <summary>Two classes: σ(a·z + c) of the log odds z, with Platt's smoothed targets. Two parameters: right for few rows.</summary>
    [JsonStringEnumMemberName("platt")]
    Platt,

    /// <summary>Two classes: the growing function of least squared error (pooled adjacent violators), linear between its points and constant outside them. Wants a thousand rows or more.</summary>
    [JsonStringEnumMemberName("isotonic")]
    Isotonic,

    /// <summary>Two classes: σ(a·ln p − b·ln(1 − p) + c) with a, b ≥ 0, which also bends where errors differ at both ends.</summary>
    [JsonStringEnumMemberName("beta")]
    Beta,

    /// <summary>Several classes: softmax(ln p / T). One parameter; the predicted class stays the same.</summary>
    [JsonStringEnumMemberName("temperature")]
    Temperature,

    /// <summary>Several classes: softmax(w·ln p + b) with a factor and an offset per class.</summary>
    [JsonStringEnumMemberName("vector")]
    Vector,
}
