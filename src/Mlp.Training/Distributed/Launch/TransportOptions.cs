using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.Launch;

/// <summary>How processes move values between each other. All ranks must have the same settings.</summary>
public sealed class TransportOptions
{
    /// <summary>Whether ranks of one host use memory that they share, rather than sockets. Default true.</summary>
    public bool UseSharedMemory { get; set; } = true;

    /// <summary>Folder of the files behind shared memory; null for <c>/dev/shm</c>, or the folder of temporary files where there is none. The files are gone as soon as all ranks have mapped them.</summary>
    public string? SharedMemoryDirectory { get; set; }

    /// <summary>Bytes of shared memory from one rank to another, a power of two. Default 1 MiB; less when more than 6 ranks share a host.</summary>
    [Range(65536, 1 << 30)]
    public int SharedMemoryBytes { get; set; } = 1 << 20;

    /// <summary>Connections between two ranks that share no memory. More than one helps where one does not fill the network. Default 1.</summary>
    [Range(1, 64)]
    public int ConnectionsPerPeer { get; set; } = 1;

    /// <summary>Bytes of each rank's part that are exchanged and reduced before the next begin. Default 256 KiB.</summary>
    [Range(4096, 1 << 28)]
    public int SegmentBytes { get; set; } = 1 << 18;

    /// <summary>Up to how many bytes each rank sends its values to all others and adds up everything itself: one step rather than two. Default 16 KiB.</summary>
    [Range(0, 1 << 15)]
    public int DirectBytes { get; set; } = 1 << 14;

    /// <summary>Which way values take. <see cref="ReductionAlgorithm.HalvingDoubling"/> and <see cref="ReductionAlgorithm.Hierarchical"/> do not go with <see cref="Collectives.ProcessGroupOptions.Deterministic"/>. Default Auto.</summary>
    [EnumDataType(typeof(ReductionAlgorithm))]
    public ReductionAlgorithm Algorithm { get; set; }

    /// <summary>
    /// Up to how many ranks a group connects every pair of hosts' ranks at the start, and <see cref="ReductionAlgorithm.Auto"/> exchanges directly. Larger groups connect two ranks when a call first needs it. Default 32.
    /// </summary>
    [Range(1, 4096)]
    public int MeshLimit { get; set; } = 32;

    /// <summary>Says by which port others reach the one that values come to; null where there is nothing in between.</summary>
    internal Func<int, int>? MapPort { get; set; }

    /// <summary>This host's address for other hosts; null for the one from which it reaches rank 0.</summary>
    public string? Address { get; set; }
}
