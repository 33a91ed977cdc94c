using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Hosting;

/// <summary>Takes and holds the data directory: as its owner, or as a reader beside the owner.</summary>
internal sealed class DataDirectoryComponent(
    DataDirectory directory, MlPlatformConfiguration configuration, IDiskSync disk, TimeProvider timeProvider, ILogger<DataDirectoryComponent> logger) : IPlatformComponent
{
    private OwnerLock? _lock;
    private bool _isOpen;

    public string Name => "data-directory";

    public PlatformStage Stage => PlatformStage.Storage;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        CheckFormat();
        if (directory.IsOwner)
        {
            _lock = await OwnerLock.AcquireAsync(directory.Root, configuration.OwnerWait, timeProvider, SayWaiting, cancellationToken).ConfigureAwait(false);
            Mark();
        }
        else if (!Directory.Exists(directory.Root))
        {
            throw new DataDirectoryUnusableException(
                directory.Root, $"Expected an existing data directory at '{directory.Root}' to read, but found none. Only an owner creates it.");
        }

        _isOpen = true;
        logger.LogInformation("Data directory {Root} opened as {Mode}.", directory.Root, directory.Mode);
    }

    public Task CloseAsync(CancellationToken cancellationToken)
    {
        _isOpen = false;
        _lock?.Dispose();
        _lock = null;
        return Task.CompletedTask;
    }

    public HealthCheckResult CheckHealth()
    {
        if (!_isOpen)
        {
            return HealthCheckResult.Unhealthy($"The data directory '{directory.Root}' is not open.");
        }

        if (!Directory.Exists(directory.Root))
        {
            return HealthCheckResult.Unhealthy($"The data directory '{directory.Root}' is gone.");
        }

        return _lock is not null && !OwnerLock.IsStillInPlace(directory.Root)
            ? HealthCheckResult.Unhealthy($"The lock of the data directory '{directory.Root}' was removed or replaced: another process may own it.")
            : HealthCheckResult.Healthy($"'{directory.Root}' is open as {directory.Mode}.");
    }

    private void CheckFormat()
    {
        try
        {
            DataDirectoryFormat.Check(directory.Root);
        }
        catch (PathTooLongException e)
        {
            throw new DataDirectoryUnusableException(directory.Root, $"Expected a data directory whose path and names the file system can hold, but '{directory.Root}' is too long.", e);
        }
    }

    /// <summary>Said at once: who starts the application would wonder why nothing happens.</summary>
    private void SayWaiting(DataDirectoryOwner? owner)
        => logger.LogWarning(
            "Data directory {Root} is owned by {Owner} and this process waits up to {Seconds} s for it to leave.",
            directory.Root,
            owner?.ToString().TrimEnd(',') ?? "a process that left no description",
            configuration.OwnerWait.TotalSeconds);

    /// <summary>Looks again, since the owner that this one may have waited for could have been a newer one.</summary>
    private void Mark()
    {
        try
        {
            DataDirectoryFormat.Ensure(disk, directory.Root);
        }
        catch
        {
            _lock?.Dispose();
            _lock = null;
            throw;
        }
    }
}
