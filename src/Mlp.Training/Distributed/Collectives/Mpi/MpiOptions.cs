using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.Collectives.Mpi;

/// <summary>Settings of groups whose values an MPI library moves (<see cref="CollectiveTransport.Mpi"/>).</summary>
public sealed class MpiOptions
{
    /// <summary>The variable that names the library where <see cref="LibraryPath"/> is null.</summary>
    public const string LibraryVariable = "MLP_MPI_LIBRARY";

    /// <summary>
    /// The MPI library, name or path: that of the <c>mpirun</c> which starts the ranks. A process has one MPI library; the first group decides. Null for the variable <c>MLP_MPI_LIBRARY</c>, else the first that is found of
    /// <c>libmpi.so.40</c> (Open MPI), <c>libmpich.so.12</c> and <c>libmpi.so.12</c> (MPICH, Intel MPI), where the launcher's variables say which comes first.
    /// </summary>
    public string? LibraryPath { get; set; }

    /// <summary>
    /// Whether ranks compare their calls before values move. Without it a call costs one step less; ranks that make different calls then get errors of the MPI library, wrong values, or wait until the time limit. Equal on all ranks.
    /// </summary>
    /// <value>The default value is true.</value>
    public bool CheckCalls { get; set; } = true;

    /// <summary>How long the end of the process waits for the other ranks to end too (<c>MPI_Finalize</c>), 0 to 1 day. After that it ends without, and <c>mpirun</c> ends the other ranks.</summary>
    /// <value>The default value is 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan FinalizeTimeout { get; set; } = TimeSpan.FromMinutes(5);
}
