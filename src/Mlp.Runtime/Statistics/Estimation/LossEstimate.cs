using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>An error of a regression that was estimated without targets, in the target's unit. Immutable.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="SamplingError">The standard error that as many rows of the reference would have.</param>
/// <param name="UpperThreshold">The greatest value that is ordinary: mean + 3 standard deviations of the reference's chunks, for a window of as many rows; NaN where there is a single chunk.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public readonly record struct LossEstimate(double Value, double SamplingError, double UpperThreshold)
{
    /// <summary>Lower end of the band of three sampling errors, at least 0.</summary>
    public double Lower => Math.Max(0, Value - (3 * SamplingError));

    /// <summary>Upper end of the band.</summary>
    public double Upper => Value + (3 * SamplingError);

    /// <summary>Whether the error is greater than was ordinary on the reference.</summary>
    public bool IsAlert => Value > UpperThreshold;
}
