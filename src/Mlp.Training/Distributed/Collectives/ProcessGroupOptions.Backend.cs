using System.ComponentModel.DataAnnotations;
using Mlp.Training.Distributed.Collectives.Mpi;

namespace Mlp.Training.Distributed.Collectives;

// Which backend a group of processes has.
public sealed partial class ProcessGroupOptions
{
    /// <summary>What moves the values of a group of processes (<see cref="ProcessGroup.ConnectAsync"/>).</summary>
    /// <value>The default value is <see cref="CollectiveTransport.Auto"/>.</value>
    [EnumDataType(typeof(CollectiveTransport))]
    public CollectiveTransport Backend { get; set; }

    /// <summary>Settings of <see cref="CollectiveTransport.Mpi"/>.</summary>
    public MpiOptions Mpi { get; set; } = new();
}
