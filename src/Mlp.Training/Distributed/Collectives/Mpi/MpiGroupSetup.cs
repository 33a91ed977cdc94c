using Mlp.Training.Distributed.Collectives.Mpi.Interop;
using Mlp.Training.Distributed.Collectives.Tcp;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Distributed.Collectives.Mpi;

/// <summary>Forms a group: ranks make themselves known on the control channel, so that rank 0 can say who is missing, and then get a communicator of their own.</summary>
/// <param name="mpi">MPI.</param>
/// <param name="session">The control channel.</param>
/// <param name="group">The group.</param>
/// <param name="settings">What the group does.</param>
/// <param name="timeout">How long ranks are waited for.</param>
/// <param name="cancellationToken">Ends the wait.</param>
internal sealed class MpiGroupSetup(MpiProcess mpi, TcpSession session, GroupMonitor group, MpiSettings settings, TimeSpan timeout, CancellationToken cancellationToken)
{
    private const int Ready = 0;
    private const int Formed = 1;

    /// <summary>Forms it.</summary>
    /// <param name="split">Makes the communicator; waits for other ranks.</param>
    /// <returns>This rank's end.</returns>
    /// <exception cref="CollectiveException">A rank did not come or is gone.</exception>
    public async Task<CollectiveBackend> FormAsync(Func<nint> split)
    {
        session.Plane.Add(group);
        session.Enter();
        try
        {
            await session.Plane.ExchangeAsync(group, Ready, [], timeout, cancellationToken).ConfigureAwait(false);

            // MPI forms communicators in a call that waits without a limit, so it waits on another thread.
            var forming = Task.Run(split, CancellationToken.None);
            try
            {
                await session.Plane.AwaitAsync(group, forming, -1, timeout, cancellationToken).ConfigureAwait(false);
            }
            catch when (!forming.IsCompleted)
            {
                mpi.LeaveUnfinished(() => forming.IsCompleted);
                throw;
            }

            // No rank makes calls, or fails in one, while others still wait for the communicator.
            await session.Plane.ExchangeAsync(group, Formed, [], timeout, cancellationToken).ConfigureAwait(false);
            return new MpiBackend(mpi, session, group, await forming.ConfigureAwait(false), settings);
        }
        catch
        {
            session.Plane.Remove(group);
            await session.LeaveAsync().ConfigureAwait(false);
            throw;
        }
    }
}
