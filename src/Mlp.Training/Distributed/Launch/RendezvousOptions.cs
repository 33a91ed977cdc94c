using System.ComponentModel.DataAnnotations;
using System.Net.Sockets;

namespace Mlp.Training.Distributed.Launch;

/// <summary>How the processes of a group find each other. What is null is taken from the launcher's variables (<see cref="LaunchEnvironment"/>); what is set here wins.</summary>
public sealed class RendezvousOptions
{
    /// <summary>The variable that holds the secret where <see cref="Secret"/> is null.</summary>
    public const string SecretVariable = "MLP_GROUP_SECRET";

    /// <summary>This process's rank.</summary>
    [Range(0, 65535)]
    public int? Rank { get; set; }

    /// <summary>Processes in all.</summary>
    [Range(1, 65536)]
    public int? WorldSize { get; set; }

    /// <summary>Name or address of the host of rank 0. Without one, and with all ranks on this host as far as is known, 127.0.0.1.</summary>
    public string? MasterAddress { get; set; }

    /// <summary>Port where rank 0 listens; default <see cref="LaunchEnvironment.DefaultMasterPort"/>.</summary>
    [Range(1, 65535)]
    public int? MasterPort { get; set; }

    /// <summary>What all ranks know and nobody else does. Without one (and without the variable <c>MLP_GROUP_SECRET</c>) ranks meet on the loopback interface only.</summary>
    public string? Secret { get; set; }

    /// <summary>How long ranks wait for each other at the start. Default 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often ranks tell that they live. Default 1 second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>After what silence a rank counts as lost: a stalled process, a host without power. A process that ends is noticed at once. Longer than <see cref="HeartbeatInterval"/>. Default 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "1.00:00:00")]
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where rank 0 listens already, so that nobody else can take the port that the others were told; null where it is yet to. The group closes it.</summary>
    internal Socket? Listener { get; set; }
}
