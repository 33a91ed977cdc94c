namespace Mlp.Runtime.Inference;

/// <summary>A call found all slots taken and as many calls waiting as may (<see cref="ModelOptions.MaximumQueueLength"/>). Trying again later can help.</summary>
/// <param name="model">Model name.</param>
/// <param name="version">Model version.</param>
/// <param name="slotCount">Calls that may run at once.</param>
/// <param name="maximumQueueLength">Calls that may wait.</param>
public sealed class ModelOverloadedException(string model, int version, int slotCount, int maximumQueueLength)
    : MlPlatformException(
        FormattableString.Invariant(
            $"Expected room for a call of model '{model}' version {version}, but all {slotCount} slots were taken and {maximumQueueLength} calls waited, which is the limit ({nameof(ModelOptions)}.{nameof(ModelOptions.MaximumQueueLength)})."))
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>Model version.</summary>
    public int Version { get; } = version;

    /// <summary>Calls that may run at once.</summary>
    public int SlotCount { get; } = slotCount;

    /// <summary>Calls that may wait.</summary>
    public int MaximumQueueLength { get; } = maximumQueueLength;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
