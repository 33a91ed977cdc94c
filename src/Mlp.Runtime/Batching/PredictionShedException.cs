using Mlp.Runtime.Data;

namespace Mlp.Runtime.Batching;

/// <summary>A call was refused before it waited, because it could not have been answered within its <see cref="Predictions.PredictionOptions.Timeout"/>. Trying again later can help.</summary>
/// <param name="model">Model name.</param>
/// <param name="version">Model version.</param>
/// <param name="expectedTime">Time that the calls before it and its own run would have taken.</param>
/// <param name="timeLeft">Time that it had left.</param>
/// <param name="rowsAhead">Calls that would have been answered before it.</param>
public sealed class PredictionShedException(string model, int version, TimeSpan expectedTime, TimeSpan timeLeft, int rowsAhead)
    : MlPlatformException(
        FormattableString.Invariant(
            $"Expected to answer a call of model '{model}' version {version} within the {TimeText.Of(timeLeft)} that it has left, but {rowsAhead} calls wait before it, which with its own run takes {TimeText.Of(expectedTime)}."))
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>Model version.</summary>
    public int Version { get; } = version;

    /// <summary>Time that the calls before it and its own run would have taken.</summary>
    public TimeSpan ExpectedTime { get; } = expectedTime;

    /// <summary>Time that the call had left.</summary>
    public TimeSpan TimeLeft { get; } = timeLeft;

    /// <summary>Calls that would have been answered before it.</summary>
    public int RowsAhead { get; } = rowsAhead;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
