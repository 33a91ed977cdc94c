using System.Globalization;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>A member of an elastic group, from its first coming to its end.</summary>
internal sealed record ElasticMember
{
    /// <summary>Its name, of which there is no other.</summary>
    public required string Id { get; init; }

    /// <summary>The rank that its launcher gave it, for the order at the beginning.</summary>
    public int FirstRank { get; init; } = int.MaxValue;

    /// <summary>What sentences call it: "process 4711 on host a".</summary>
    public required string Title { get; init; }

    /// <summary><see cref="Launch.HostIdentity"/>; empty for a thread.</summary>
    public string Host { get; init; } = "";

    /// <summary>Address for other hosts; empty where it only knows its loopback.</summary>
    public string Address { get; init; } = "";

    /// <summary>The port where it answers other members.</summary>
    public int Port { get; init; }

    /// <summary>The process that runs.</summary>
    public static string TitleOfThisProcess => string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on host {Environment.MachineName}");
}
