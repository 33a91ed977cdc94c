using System.Security.Cryptography;
using System.Text;
using Mlp.Training.Distributed.Collectives.Nccl.Interop;
using Mlp.Training.Distributed.Collectives.Tcp;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Nccl;

/// <summary>Forms groups of GPUs: of those of this process, and of processes that have one each.</summary>
internal static class NcclConnector
{
    private const int DescriptionLength = 512;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);

    /// <summary>Makes this process, with one GPU, a rank of a group. TCP stays as the way by which ranks meet.</summary>
    /// <param name="options">Settings that have been validated.</param>
    /// <param name="environment">What the launcher said; null for nothing.</param>
    /// <param name="host">What ranks of one host have in common.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="GpuUnavailableException">NCCL, CUDA or the GPU is missing on this rank; the others hear of it.</exception>
    /// <exception cref="CollectiveException">Ranks are gone, or two have the same GPU.</exception>
    public static async Task<NcclBackend> ConnectAsync(ProcessGroupOptions options, LaunchEnvironment? environment, string host, CancellationToken cancellationToken)
    {
        // Before anybody else knows of this rank: whoever lacks something says so at once.
        var (library, cuda) = (NcclLibrary.Load(options.Nccl.LibraryPath), CudaRuntime.Load(options.Nccl.CudaLibraryPath));
        var device = GpuChoice.Of(options.Nccl.Device, environment?.LocalRank, cuda.CountDevices());
        var world = await TcpConnector.ConnectAsync(options, environment, host, cancellationToken).ConfigureAwait(false);
        var settings = NcclGroupSettings.Of(options, options.Rendezvous.Timeout);

        // What forms the group is synchronous, like all calls.
        return await Task.Factory.StartNew(
            () =>
            {
                Guard(world, settings, () => RequireOwnGpus(world, settings, Describe(host, NcclLibrary.Text(library.Version), cuda.BusId(device)), cancellationToken));
                return Form(library, cuda, device, world, settings, cancellationToken, firstCall: 1);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
    }

    /// <summary>Forms a group of GPUs of this process.</summary>
    /// <param name="devices">Their numbers, by rank; null for all that are visible.</param>
    /// <param name="options">Settings that have been validated.</param>
    /// <param name="controls">Makes the ends by which ranks meet, by rank.</param>
    /// <exception cref="GpuUnavailableException">NCCL, CUDA or a GPU is missing.</exception>
    public static NcclBackend[] Create(IReadOnlyList<int>? devices, ProcessGroupOptions options, Func<int, IReadOnlyList<CollectiveBackend>> controls)
    {
        var (library, cuda) = (NcclLibrary.Load(options.Nccl.LibraryPath), CudaRuntime.Load(options.Nccl.CudaLibraryPath));
        var chosen = GpuChoice.Of(devices, cuda.CountDevices());
        var settings = NcclGroupSettings.Of(options, options.Timeout);
        var ends = Refusing(() => Wait(null, settings, () => NcclCommunicator.CreateAll(library, chosen), CancellationToken.None));
        var made = controls(chosen.Length);
        return [.. chosen.Select((device, rank) => new NcclBackend(library, Refusing(() => new NcclPlace(cuda, device)), ends[rank], made[rank], settings))];
    }

    /// <summary>Forms a group of the ranks of another, which is used up.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="cuda">CUDA.</param>
    /// <param name="device">This rank's GPU.</param>
    /// <param name="setup">This rank's end of the other; its next call has the number <paramref name="firstCall"/>.</param>
    /// <param name="settings">Of the new group.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="firstCall">Calls that <paramref name="setup"/> has made.</param>
    public static NcclBackend Form(
        NcclLibrary library, CudaRuntime cuda, int device, CollectiveBackend setup, NcclGroupSettings settings, CancellationToken cancellationToken, long firstCall = 0) => Guard(setup, settings, () =>
    {
        var id = new byte[NcclUniqueId.Bytes];
        if (setup.Rank == 0)
        {
            id = NcclCommunicator.NewId(library).ToArray();
        }

        setup.Broadcast(Call(CollectiveKind.Broadcast, firstCall, id.Length, 0, "NCCL's id", settings, cancellationToken), id);

        // The calls of the new group have numbers from 0, and so have those of the group by which its ranks meet.
        var everybody = Enumerable.Range(0, setup.WorldSize).ToArray();
        var control = setup.Split(Call(CollectiveKind.Split, firstCall + 1, 0, -1, settings.Name, settings, cancellationToken), everybody)!;
        return Guard(control, settings, () =>
        {
            var place = new NcclPlace(cuda, device);
            var communicator = Wait(
                control,
                settings,
                () =>
                {
                    cuda.Use(device);
                    return NcclCommunicator.Join(library, NcclUniqueId.From(id), control.Rank, control.WorldSize);
                },
                cancellationToken);
            setup.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return new NcclBackend(library, place, communicator, control, settings);
        });
    });

    private static CollectiveCall Call(CollectiveKind kind, long sequence, int length, int root, string what, NcclGroupSettings settings, CancellationToken cancellationToken)
        => new(sequence, kind, ElementType.Byte, length, ReduceOperation.Sum, root) { Tensor = what, Timeout = settings.Timeout, CancellationToken = cancellationToken };

    // A host may have a long name, of which only its being equal counts.
    private static byte[] Describe(string host, string version, string busId)
    {
        var description = new byte[DescriptionLength];
        Encoding.UTF8.GetBytes($"{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(host)))}\n{version}\n{busId}", description);
        return description;
    }

    // NCCL waits for ever where a GPU comes twice.
    private static bool RequireOwnGpus(CollectiveBackend world, NcclGroupSettings settings, byte[] own, CancellationToken cancellationToken)
    {
        var all = new byte[DescriptionLength * world.WorldSize];
        world.AllGather(Call(CollectiveKind.AllGather, 0, own.Length, -1, "GPUs", settings, cancellationToken), own, all);
        var places = all.Chunk(DescriptionLength).Select(b => Encoding.UTF8.GetString(b).TrimEnd('\0').Split('\n')).ToArray();
        for (var rank = 1; rank < places.Length; rank++)
        {
            if (places[rank][1] != places[0][1])
            {
                throw Differs(settings, rank, 0, $"the same version of NCCL on all ranks, but rank {rank} has {places[rank][1]} and rank 0 {places[0][1]}");
            }

            var other = Array.FindIndex(places, 0, rank, p => p[0] == places[rank][0] && p[2] == places[rank][2]);
            if (other >= 0)
            {
                throw Differs(settings, rank, other, $"a GPU for each rank, but ranks {other} and {rank} have the same, {places[rank][2]}: name them by NcclOptions.Device or LOCAL_RANK");
            }
        }

        return true;
    }

    private static CollectiveMismatchException Differs(NcclGroupSettings settings, int rank, int other, FormattableString sentence)
        => new($"Expected {FormattableString.Invariant(sentence)} in group '{settings.Name}'.") { Ranks = other == 0 && rank > 0 ? [rank] : [other, rank] };

    /// <summary>Does something on a thread of its own, since NCCL waits for other ranks without a limit. Where it is given up the thread stays behind.</summary>
    private static T Wait<T>(CollectiveBackend? control, NcclGroupSettings settings, Func<T> work, CancellationToken cancellationToken)
    {
        var task = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var start = settings.Clock.GetTimestamp();
        while (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(Slice))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (control?.Failure is { } failure)
            {
                throw CollectiveFailures.Again(failure);
            }

            if (settings.Clock.GetElapsedTime(start) >= settings.Timeout)
            {
                throw new CollectiveTimeoutException($"Expected NCCL to connect the GPUs of group '{settings.Name}' within {CollectiveSentences.Duration(settings.Timeout)}, but it did not: NCCL_DEBUG=INFO tells how far it came.");
            }
        }

        return task.GetAwaiter().GetResult();
    }

    private static T Refusing<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (NativeCallException refusal)
        {
            throw new GpuUnavailableException($"Expected a group of the GPUs of this process, but {refusal.Message}.", refusal);
        }
    }

    /// <summary>Does something for which the other ranks wait: should it fail, they hear of it, and this rank leaves.</summary>
    private static T Guard<T>(CollectiveBackend group, NcclGroupSettings settings, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception)
        {
            var failure = exception switch
            {
                CollectiveException known => known,
                NativeCallException refusal => CollectiveSentences.Lost(null, settings.Name, group.Rank, refusal.Message, refusal),
                _ => CollectiveSentences.Lost(null, settings.Name, group.Rank, $"it failed with {exception.GetType().Name}", exception),
            };
            group.Abort(failure);
            group.DisposeAsync().AsTask().GetAwaiter().GetResult();
            if (exception is NativeCallException)
            {
                throw failure;
            }

            throw;
        }
    }
}
