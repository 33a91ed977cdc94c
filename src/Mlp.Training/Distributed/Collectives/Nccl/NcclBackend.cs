using Mlp.Training.Distributed.Collectives.Nccl.Interop;

namespace Mlp.Training.Distributed.Collectives.Nccl;

/// <summary>
/// A rank that has a GPU. Ranks meet by another backend first (the control channel: memory of this process, or TCP), which compares their calls and names who is missing, so that NCCL, which would wait for ever, only begins what all
/// ranks want. Values lie in the GPU's memory, or in the host's and go there by page-locked memory. What is given up is ended by <c>ncclCommAbort</c>.
/// </summary>
internal sealed partial class NcclBackend : CollectiveBackend
{
    /// <summary>How long NCCL may take to end a communicator, for which it may wait for other ranks.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly NcclLibrary _library;
    private readonly NcclPlace _place;
    private readonly NcclCommunicator _communicator;
    private readonly CollectiveBackend _control;
    private readonly NcclGroupSettings _settings;
    private readonly NcclWait _wait;
    private readonly SemaphoreSlim _idle = new(1, 1);
    private bool _isDisposed;

    /// <summary>Takes over what a rank needs.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="place">The rank's GPU and stream.</param>
    /// <param name="communicator">The rank's end.</param>
    /// <param name="control">The same rank's end of a group by which ranks meet; nobody else calls it.</param>
    /// <param name="settings">Of the group.</param>
    public NcclBackend(NcclLibrary library, NcclPlace place, NcclCommunicator communicator, CollectiveBackend control, NcclGroupSettings settings)
    {
        (_library, _place, _communicator, _control, _settings) = (library, place, communicator, control, settings);
        _wait = new(control, communicator, settings.Name, settings.Clock);
    }

    /// <inheritdoc/>
    public override string Name => "nccl";

    /// <inheritdoc/>
    public override int Rank => _control.Rank;

    /// <inheritdoc/>
    public override int WorldSize => _control.WorldSize;

    /// <inheritdoc/>
    public override CollectiveException? Failure => _control.Failure;

    /// <inheritdoc/>
    public override bool TakesDeviceMemory => true;

    /// <summary>Number of the rank's GPU among those that are visible.</summary>
    public int Device => _place.Device;

    /// <summary>Marks for values on the rank's GPU.</summary>
    public ReadyEvents NewReadyEvents() => new(_place.Cuda, _place.Device);

    private StagingMemory Staging => _place.Staging;

    /// <inheritdoc/>
    public override void AllReduce(in CollectiveCall call, Span<byte> values) => Run(call, values, values);

    /// <inheritdoc/>
    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => Run(call, values, result);

    /// <inheritdoc/>
    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => Run(call, values, result);

    /// <inheritdoc/>
    public override void Broadcast(in CollectiveCall call, Span<byte> values) => Run(call, values, values);

    /// <inheritdoc/>
    public override void Reduce(in CollectiveCall call, Span<byte> values) => Run(call, values, values);

    /// <inheritdoc/>
    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => Run(call, values, result);

    /// <inheritdoc/>
    public override void Barrier(in CollectiveCall call) => Run(call, [], []);

    /// <inheritdoc/>
    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values) => Run(call, values, []);

    /// <inheritdoc/>
    public override void Receive(in CollectiveCall call, Span<byte> values) => Run(call, [], values);

    /// <inheritdoc/>
    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks)
    {
        var setup = _control.Split(call, ranks);
        if (setup is null)
        {
            return null;
        }

        var settings = _settings with { Name = CollectiveSentences.NameOfSplit(call, _settings.Name), Timeout = call.Timeout };
        return NcclConnector.Form(_library, _place.Cuda, _place.Device, setup, settings, call.CancellationToken);
    }

    /// <inheritdoc/>
    public override void Abort(CollectiveException reason) => _control.Abort(reason);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _idle.WaitAsync().ConfigureAwait(false);
        var hasFailed = _control.Failure is not null;
        await _control.DisposeAsync().ConfigureAwait(false);
        _wait.Dispose();
        if (await EndAsync(hasFailed).ConfigureAwait(false))
        {
            _place.Free();
        }

        _idle.Release();
    }

    /// <summary>Ends the communicator. What NCCL does not end in time is left to the process.</summary>
    /// <returns>Whether the GPU is done with the place.</returns>
    private async Task<bool> EndAsync(bool hasFailed)
    {
        var ending = Task.Factory.StartNew(
            () =>
            {
                _place.Cuda.Use(_place.Device);
                if (hasFailed)
                {
                    _communicator.Abort();
                }
                else
                {
                    _communicator.Destroy();
                }

                return _place.IsDone;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            return await ending.WaitAsync(EndLimit, _settings.Clock).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or NativeCallException)
        {
            return false;
        }
    }

    private void Run(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target)
    {
        _idle.Wait(CancellationToken.None);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _wait.Begin(call);
            Meet(call);
            if (Math.Max(source.Length, target.Length) > 0 && call.Kind != CollectiveKind.Barrier)
            {
                _place.Cuda.Use(_place.Device);
                Move(call, source, target);
            }
        }
        catch (NativeCallException refusal)
        {
            throw _wait.Refused(call, refusal);
        }
        finally
        {
            _idle.Release();
        }
    }

    private void Meet(in CollectiveCall call)
    {
        _control.Observer = Observer;
        switch (call.Kind)
        {
            case CollectiveKind.Send:
                _control.Send(call, []);
                break;
            case CollectiveKind.Receive:
                _control.Receive(call, []);
                break;
            default:
                _control.Barrier(call);
                break;
        }
    }

    private void Move(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target)
    {
        switch (call.Kind)
        {
            case CollectiveKind.AllReduce or CollectiveKind.Reduce or CollectiveKind.ReduceScatter when _settings.InOrder && !ElementTypes.IsInteger(call.Element):
                ReduceInOrder(call, source, target);
                break;
            case CollectiveKind.AllReduce or CollectiveKind.Reduce:
                ReduceInPlace(call, target);
                break;
            case CollectiveKind.ReduceScatter:
                Scatter(call, source, target);
                break;
            case CollectiveKind.AllGather:
                Gather(call, source, target);
                break;
            case CollectiveKind.Broadcast:
                Give(call, target);
                break;
            case CollectiveKind.AllToAll:
                Exchange(call, source, target);
                break;
            default:
                Message(call, source, target);
                break;
        }
    }
}
