using System.Text.Json.Serialization;
using Mlp.Training.Networks.Devices;

namespace Mlp.Training.Networks;

// Where the network trains.
public sealed partial class NetworkOptions
{
    /// <summary>
    /// Where the network trains: <c>cpu</c>; <c>cuda</c>, a GPU for each replica, in the order of their numbers, of a process that trains with others the one of its number on its host; <c>cuda:1</c>, the GPU of that number among those
    /// that are visible; or <c>auto</c>, GPUs where there are enough. The trained network lies on the processor in any case. Nothing of this has run on a GPU so far.
    /// </summary>
    /// <value>The default value is <c>cpu</c>.</value>
    [JsonIgnore]
    public string Device { get; set; } = DeviceChoice.Cpu;

    /// <summary>Whether the processor is treated as a GPU would be, for tests.</summary>
    internal bool TreatsHostAsForeign { get; set; }

    private void CheckDevice(Action<string, FormattableString> fail, char separator)
    {
        if (!DeviceChoice.IsKnown(Device))
        {
            fail(nameof(Device), $"must be 'cpu', 'cuda', 'cuda:0' to 'cuda:1023' or 'auto', but is '{Device}'.");
            return;
        }

        string Setting(string name) => $"{nameof(DataParallel)}{separator}{name}";
        if (DataParallel.ReplicaPerGpu && (DataParallel is { Replicas: > 1 } or { Group: not null } || Device is not (DeviceChoice.Cuda or DeviceChoice.Auto)))
        {
            fail(Setting(nameof(DataParallel.ReplicaPerGpu)), $"must be false but for 1 replica, no Group, and the Device 'cuda' or 'auto', but is true for {DataParallel.WorldSize} and '{Device}'.");
        }

        if (DataParallel.Replicas > 1 && DeviceChoice.NumberOf(Device) is not null)
        {
            fail(nameof(Device), $"must name no number where {DataParallel.Replicas} replicas take a GPU each, but is '{Device}'.");
        }

        if (DataParallel.LocalSteps > 1 && (Device != DeviceChoice.Cpu || TreatsHostAsForeign))
        {
            fail(Setting(nameof(DataParallel.LocalSteps)), $"must be 1 but for the Device 'cpu', but is {DataParallel.LocalSteps} for '{Device}'.");
        }

        if (DataParallel.ShardOptimizer && (Device != DeviceChoice.Cpu || TreatsHostAsForeign))
        {
            fail(Setting(nameof(DataParallel.ShardOptimizer)), $"must be false but for the Device 'cpu', but is true for '{Device}'.");
        }
    }
}
