namespace Mlp.Training.Distributed.Scaling;

/// <summary>Devices in hosts, and what lies between them. Bandwidths are per direction, in bytes per second; latencies are for one step from a rank to the next.</summary>
public sealed record ClusterDescription
{
    /// <summary>Devices of a host, 1 or more. Default 4.</summary>
    public int DevicesPerHost { get; init; } = 4;

    /// <summary>Bandwidth of a host's network. Default 3.125e9: 25 Gbit/s.</summary>
    public double NetworkBytesPerSecond { get; init; } = 3.125e9;

    /// <summary>Share of that bandwidth that transfers reach, above 0 to 1. Default 1.</summary>
    public double NetworkShare { get; init; } = 1;

    /// <summary>Latency of a step across the network. Default 10 µs.</summary>
    public TimeSpan NetworkLatency { get; init; } = TimeSpan.FromMicroseconds(10);

    /// <summary>Bandwidth within a host, as NCCL's tests call "busbw". Default 40e9: NVLink of a Pascal GPU in one direction, of which a ring uses about half.</summary>
    public double HostBytesPerSecond { get; init; } = 40e9;

    /// <summary>Latency of a step within a host. Default 3 µs.</summary>
    public TimeSpan HostLatency { get; init; } = TimeSpan.FromMicroseconds(3);

    /// <summary>Throws where a figure makes no sense.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    internal void Validate()
    {
        if (DevicesPerHost < 1 || !(NetworkBytesPerSecond > 0) || !(HostBytesPerSecond > 0) || !(NetworkShare is > 0 and <= 1) || NetworkLatency < TimeSpan.Zero || HostLatency < TimeSpan.Zero)
        {
            throw new ArgumentException($"Expected a cluster with devices, positive bandwidths, a share above 0 to 1 and latencies that are not negative, but found {this}.");
        }
    }
}
