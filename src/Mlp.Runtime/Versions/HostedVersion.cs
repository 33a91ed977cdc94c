using Mlp.Runtime.Models;

namespace Mlp.Runtime.Versions;

/// <summary>The account that a <see cref="VersionHost"/> keeps of one version, under its lock.</summary>
/// <param name="version">Version number.</param>
internal sealed class HostedVersion(int version)
{
    private readonly TaskCompletionSource _loading = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Version number.</summary>
    public int Version => version;

    /// <summary>Completes when the version is loaded, or fails as the load did.</summary>
    public Task Loading => _loading.Task;

    /// <summary>The version once it is loaded.</summary>
    public LoadedVersion? Loaded { get; private set; }

    /// <summary>Those who use it or wait for it.</summary>
    public int UserCount { get; set; }

    /// <summary>When the last of them left; a counter, not a time.</summary>
    public long LastUse { get; set; }

    /// <summary>Whether it is being loaded once more, with its weights elsewhere.</summary>
    public bool IsMoving { get; set; }

    /// <summary>Whether that has failed before.</summary>
    public bool CannotMove { get; set; }

    /// <summary>Whether nobody needs it.</summary>
    public bool IsIdle => Loaded is not null && UserCount == 0;

    /// <summary>Whether loading it once more would put its weights elsewhere.</summary>
    /// <param name="weights">Where they shall lie.</param>
    public bool CanMoveTo(WeightStorage weights)
        => Loaded is { } loaded && loaded.Weights != weights && !IsMoving && !CannotMove && (loaded.Weights == WeightStorage.Resident || loaded.Session.MappedByteCount > 0);

    /// <summary>The load has ended well.</summary>
    /// <param name="loaded">The version.</param>
    public void Complete(LoadedVersion loaded)
    {
        Loaded = loaded;
        _loading.SetResult();
    }

    /// <summary>The version has been loaded once more. Roles that serve go on with what they have.</summary>
    /// <param name="loaded">The new one.</param>
    /// <returns>The one before, for the caller to release.</returns>
    public LoadedVersion Replace(LoadedVersion loaded)
    {
        var previous = Loaded!;
        Loaded = loaded;
        return previous;
    }

    /// <summary>The load has failed.</summary>
    /// <param name="exception">Why.</param>
    public void Fail(Exception exception)
    {
        _loading.SetException(exception);

        // Whoever asked may wait no longer, so it counts as seen.
        _ = _loading.Task.Exception;
    }
}
