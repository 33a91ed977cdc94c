using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>The registry as a part of the platform: makes its folders, clears what crashes left half-done, and says whether it can be used.</summary>
internal sealed class ModelRegistryComponent(DataDirectory directory, TimeProvider time, ILogger<ModelRegistryComponent> logger, IDiskSync disk)
    : IPlatformComponent
{
    private readonly RegistryPaths _paths = new(directory.Registry);

    public ModelRegistryComponent(DataDirectory directory, TimeProvider time, ILogger<ModelRegistryComponent> logger)
        : this(directory, time, logger, DiskSync.Instance)
    {
    }

    /// <inheritdoc/>
    public string Name => "model-registry";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Registry;

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
        => directory.IsOwner ? Task.Run(Open, cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task CloseAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
    {
        try
        {
            var modelCount = Directory.EnumerateDirectories(_paths.Models).Count(d => Directory.Exists(_paths.Versions(Path.GetFileName(d))));
            if (directory.IsOwner)
            {
                ProbeWriting();
            }

            return HealthCheckResult.Healthy(FormattableString.Invariant($"The model registry in '{_paths.Root}' holds {modelCount} {(modelCount == 1 ? "model" : "models")}."));
        }
        catch (DirectoryNotFoundException) when (!directory.IsOwner && !Path.Exists(_paths.Root))
        {
            return HealthCheckResult.Degraded($"Nothing has been published into the model registry in '{_paths.Root}' yet.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var access = directory.IsOwner ? "read and written" : "read";
            return HealthCheckResult.Unhealthy($"Expected the model registry in '{_paths.Root}' to be {access}, but: {e.Message}", e);
        }
    }

    private void Open()
    {
        DurableFile.CreateDirectories(disk, _paths.Models);
        DurableFile.CreateDirectories(disk, _paths.Blobs);
        var removed = RegistryLeftovers.Remove(_paths, time.GetUtcNow().UtcDateTime);
        if (removed > 0)
        {
            logger.LogInformation("Removed {Count} unfinished files that an earlier crash left in the model registry.", removed);
        }
    }

    private void ProbeWriting()
    {
        using var probe = new FileStream(
            DurableFile.TemporaryPath(_paths.Models), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        probe.WriteByte(0);
    }
}
