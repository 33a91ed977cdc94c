using Mlp.Runtime.Inference;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Versions;

/// <summary>
/// Where calls find the version to begin on: one volatile reference that a <see cref="VersionFollower"/> replaces. A model has one for its calls, and may have more. Thread-safe.
/// </summary>
internal sealed class ServingTarget
{
    private readonly Lock _gate = new();
    private volatile ServingVersion? _current;
    private RouteSeat? _seat;
    private volatile string? _unavailableReason;
    private volatile ModelState _state = ModelState.Loading;
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a target without a version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="selector">Which version is wanted.</param>
    /// <param name="variant">The role that observers see; null for the selector's.</param>
    public ServingTarget(string model, VersionSelector selector, string? variant = null)
    {
        Model = model;
        Selector = selector;
        Variant = variant ?? selector.Variant;
        _unavailableReason = $"{selector} has not been loaded yet";
    }

    /// <summary>Model name.</summary>
    public string Model { get; }

    /// <summary>Which version is wanted.</summary>
    public VersionSelector Selector { get; }

    /// <summary>The role that observers see.</summary>
    public string Variant { get; }

    /// <summary>What becomes of its calls without a version, as the end of a sentence.</summary>
    public string WithoutVersion { get; init; } = "the model is not in service";

    /// <summary>Its place in the model's route, which its versions take over from one another; null while there is only the champion.</summary>
    public RouteSeat? Seat
    {
        get
        {
            lock (_gate)
            {
                return _seat;
            }
        }

        set
        {
            lock (_gate)
            {
                _seat = value;
                _current?.Recorder.Seat = value;
            }
        }
    }

    /// <summary>Whether there is a version.</summary>
    public ModelState State => _state;

    /// <summary>Why there is no version, as the rest of a sentence; null while there is one.</summary>
    public string? UnavailableReason => _unavailableReason;

    /// <summary>The version in service; null while there is none.</summary>
    public ServingVersion? Current => _current;

    /// <summary>The version in service.</summary>
    /// <exception cref="ModelNotReadyException">There is none.</exception>
    public ServingVersion Require() => _current ?? throw NotReady();

    /// <summary>The exception for a call that finds no version.</summary>
    public ModelNotReadyException NotReady() => new(Model, _unavailableReason ?? "it has just been taken out of service");

    /// <summary>Puts a version into service. Calls that have begun on the one before go on there.</summary>
    /// <param name="version">The new version.</param>
    /// <returns>The version before, for the caller to retire; null if there was none.</returns>
    public ServingVersion? Publish(ServingVersion version)
    {
        ServingVersion? previous;
        lock (_gate)
        {
            // A call never finds a version of a route without its place in it.
            version.Recorder.Seat = _seat;
            previous = Interlocked.Exchange(ref _current, version);
        }

        _unavailableReason = null;
        _state = ModelState.Ready;
        _ready.TrySetResult();
        return previous;
    }

    /// <summary>Takes the version out of service.</summary>
    /// <param name="reason">Why, as the rest of a sentence.</param>
    /// <param name="isFinal">Whether no other version will come.</param>
    /// <param name="isRefused">Whether the wanted version will never do: who waits is told, and who comes later waits for another one.</param>
    /// <returns>The version before, for the caller to retire; null if there was none.</returns>
    public ServingVersion? Withdraw(string reason, bool isFinal = false, bool isRefused = false)
    {
        _unavailableReason = reason;
        _state = ModelState.Unavailable;
        if (isFinal)
        {
            var waiting = _ready;
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Fail(_ready, reason);
            Fail(waiting, reason);
        }
        else if (isRefused && !_ready.Task.IsCompleted)
        {
            var waiting = _ready;
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Fail(waiting, reason);
        }

        return Interlocked.Exchange(ref _current, null);
    }

    /// <summary>Takes the version out of service until a call asks for it.</summary>
    /// <returns>The version before, for the caller to retire; null if there was none.</returns>
    public ServingVersion? Unload()
    {
        _unavailableReason = "it is not loaded; the next call loads it";
        _state = ModelState.Unloaded;
        return Interlocked.Exchange(ref _current, null);
    }

    /// <summary>Waits until a version has been in service.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModelNotReadyException">None will come.</exception>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => _ready.Task.WaitAsync(cancellationToken);

    private void Fail(TaskCompletionSource waiting, string reason)
    {
        if (waiting.TrySetException(new ModelNotReadyException(Model, reason)))
        {
            // Nobody needs to wait, so it counts as seen.
            _ = waiting.Task.Exception;
        }
    }
}
