using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>A call took longer than its <see cref="Predictions.PredictionOptions.Timeout"/>. Trying again later can help.</summary>
public sealed class PredictionTimeoutException : MlPlatformException
{
    private PredictionTimeoutException(string message, string model, int version, TimeSpan timeout, Exception? innerException)
        : base(message, innerException)
    {
        Model = model;
        Version = version;
        Timeout = timeout;
    }

    /// <summary>Model name.</summary>
    public string Model { get; }

    /// <summary>Model version; 0 when the time was up before one had been loaded.</summary>
    public int Version { get; }

    /// <summary>The time that the call had.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>How long it waited for a slot; null when it had one, and its features or its run took too long.</summary>
    public TimeSpan? SlotWait { get; private init; }

    /// <summary>Calls that may run at once.</summary>
    public int SlotCount { get; private init; }

    /// <summary>Calls that waited for a slot when this one gave up, itself included; 0 when it had one.</summary>
    public int WaitingCount { get; private init; }

    /// <inheritdoc/>
    public override bool IsTransient => true;

    internal static PredictionTimeoutException InQueue(string model, int version, TimeSpan timeout, TimeSpan waited, int slots, int waiting)
        => new(
            FormattableString.Invariant(
                $"Expected a free slot of model '{model}' version {version} within the {TimeText.Of(timeout)} of the call, but found none in {TimeText.Of(waited)}: all {slots} were taken and {waiting} calls waited."),
            model,
            version,
            timeout,
            null)
        { SlotWait = waited, SlotCount = slots, WaitingCount = waiting };

    internal static PredictionTimeoutException InLoad(string model, TimeSpan timeout, Exception cause)
        => new(
            FormattableString.Invariant(
                $"Expected model '{model}', which is loaded when it is called, to answer within the {TimeText.Of(timeout)} of the call, but loading it took longer."),
            model,
            0,
            timeout,
            cause);

    internal static PredictionTimeoutException InCall(string model, int version, TimeSpan timeout, int slots, Exception cause)
        => new(
            FormattableString.Invariant(
                $"Expected model '{model}' version {version} to answer within the {TimeText.Of(timeout)} of the call, but its features or its run took longer."),
            model,
            version,
            timeout,
            cause)
        { SlotCount = slots };
}
