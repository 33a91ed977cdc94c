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
}
