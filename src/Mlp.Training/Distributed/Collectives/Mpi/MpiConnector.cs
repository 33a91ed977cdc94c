using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives.Mpi.Interop;
using Mlp.Training.Distributed.Collectives.Tcp;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Mpi;

/// <summary>
/// Makes this process a rank of a group whose values MPI moves. Rank and world size are MPI's. Beside it ranks have the control channel of the TCP backend, which finds out who is missing; where rank 0 waits, and a secret of
/// this run, travel over MPI, so that nothing needs to be set.
/// </summary>
internal static class MpiConnector
{
    private const int SecretBytes = 32;

    /// <summary>Connects.</summary>
    /// <param name="options">Settings that have been validated.</param>
    /// <param name="environment">What the launcher said; null for nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>This rank's end of the world.</returns>
    /// <exception cref="MpiException">There is no MPI library, or it cannot be used.</exception>
    /// <exception cref="LaunchException">MPI says another rank or world size than the options or the launcher.</exception>
    /// <exception cref="RendezvousException">Ranks are missing or refused.</exception>
    /// <exception cref="CollectiveException">Ranks are gone before all are connected.</exception>
    public static async Task<CollectiveBackend> ConnectAsync(ProcessGroupOptions options, LaunchEnvironment? environment, CancellationToken cancellationToken)
    {
        var mpi = await BeginAsync(options, environment, cancellationToken).ConfigureAwait(false);
        var (rank, size) = mpi.Library.PlaceIn(mpi.Library.Constants.World);
        CheckPlace(mpi.Library, rank, size, options.Rendezvous, environment);
        await mpi.Forming.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var meeting = await ShareMeetingAsync(mpi, rank, size, options, environment, cancellationToken).ConfigureAwait(false);
            var (session, world) = await TcpConnector.MeetAsync(WithMeeting(options, rank, size, meeting), null, HostIdentity.Read(), cancellationToken).ConfigureAwait(false);
            var setup = new MpiGroupSetup(mpi, session, world, MpiSettings.Of(options), options.Rendezvous.Timeout, cancellationToken);
            return await setup.FormAsync(() => mpi.Library.Split(mpi.Library.Constants.World, 0, rank)).ConfigureAwait(false);
        }
        finally
        {
            mpi.Forming.Release();
        }
    }

    private static async Task<MpiProcess> BeginAsync(ProcessGroupOptions options, LaunchEnvironment? environment, CancellationToken cancellationToken)
    {
        var limit = options.Rendezvous.Timeout;
        try
        {
            var mpi = await MpiProcess.StartAsync(options.Mpi, environment?.Launcher).WaitAsync(limit, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return mpi.Failure is { } failure ? throw new MpiException($"{failure}.") : mpi;
        }
        catch (TimeoutException exception)
        {
            throw new RendezvousException($"Expected MPI_Init_thread to return within {CollectiveSentences.Duration(limit)}, but it did not: ranks of this mpirun have not come.", exception);
        }
    }

    private static void CheckPlace(MpiLibrary library, int rank, int size, RendezvousOptions options, LaunchEnvironment? environment)
    {
        var (wantedRank, wantedSize) = (options.Rank ?? environment?.Rank ?? rank, options.WorldSize ?? environment?.WorldSize ?? size);
        if ((wantedRank, wantedSize) != (rank, size))
        {
            var who = options.Rank is null && options.WorldSize is null ? environment!.Launcher : "RendezvousOptions";
            throw new LaunchException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {library.Constants.Flavour} ('{library.Path}') to know this process as rank {wantedRank} of {wantedSize}, as {who} says, but it is rank {rank} of {size} there. Start ranks with the mpirun of this library, or name the library of that mpirun in {MpiOptions.LibraryVariable} or MpiOptions.LibraryPath."));
        }
    }

    /// <summary>Rank 0 says where it waits and what the secret is, unless the user has.</summary>
    private static async Task<(string Address, int Port, string Secret)> ShareMeetingAsync(
        MpiProcess mpi, int rank, int size, ProcessGroupOptions options, LaunchEnvironment? environment, CancellationToken cancellationToken)
    {
        var rendezvous = options.Rendezvous;
        var text = "";
        if (rank == 0)
        {
            var address = rendezvous.MasterAddress ?? environment?.MasterAddress ?? (size == 1 || environment is { IsSingleHost: true } ? "127.0.0.1" : Dns.GetHostName());
            var secret = rendezvous.Secret ?? Environment.GetEnvironmentVariable(RendezvousOptions.SecretVariable);
            secret = string.IsNullOrEmpty(secret) ? Convert.ToHexString(RandomNumberGenerator.GetBytes(SecretBytes)) : secret;
            text = string.Create(CultureInfo.InvariantCulture, $"{rendezvous.MasterPort ?? FreePorts.Take()}\n{address}\n{secret}");
        }

        // The wait looks at MPI again and again, on a thread that may.
        var shared = await Task.Run(() => MpiText.Share(mpi, text, rendezvous.Timeout, options.TimeProvider, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        var parts = shared.Split('\n', 3);
        return (parts[1], int.Parse(parts[0], CultureInfo.InvariantCulture), parts[2]);
    }

    private static ProcessGroupOptions WithMeeting(ProcessGroupOptions options, int rank, int size, (string Address, int Port, string Secret) meeting)
    {
        var settings = options.ForGroup(options.Name);
        settings.Rendezvous = new()
        {
            Rank = rank,
            WorldSize = size,
            MasterAddress = meeting.Address,
            MasterPort = meeting.Port,
            Secret = meeting.Secret,
            Timeout = options.Rendezvous.Timeout,
            HeartbeatInterval = options.Rendezvous.HeartbeatInterval,
            HeartbeatTimeout = options.Rendezvous.HeartbeatTimeout,
        };
        return settings;
    }
}
