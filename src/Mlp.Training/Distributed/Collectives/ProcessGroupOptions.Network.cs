using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives;

// What only groups of processes need.
public sealed partial class ProcessGroupOptions
{
    /// <summary>How processes find each other.</summary>
    public RendezvousOptions Rendezvous { get; set; } = new();

    /// <summary>How processes move values.</summary>
    public TransportOptions Transport { get; set; } = new();

    /// <summary>Told of refused callers and of memory that cannot be shared; null for nobody.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
